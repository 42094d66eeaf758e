// SPDX-License-Identifier: GPL-2.0
/*
 * A stand-in for NVIDIA's nvidia.ko: small enough to be compiled inside an emulated machine, and
 * to everything that looks at it from outside the same driver. It binds NVIDIA's display functions,
 * owns the same character devices and fills /proc/driver/nvidia in the same format. Unlike the real
 * driver on a software GPU, opening /dev/nvidia0 succeeds.
 */
#define pr_fmt(fmt) "NVRM: " fmt

#include <linux/fs.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/proc_fs.h>
#include <linux/seq_file.h>

#include "nvidia.h"

#define MAX_GPUS 32

static uint NVreg_ModifyDeviceFiles = 1, NVreg_DeviceFileUID, NVreg_DeviceFileGID, NVreg_DeviceFileMode = 0666;
module_param(NVreg_ModifyDeviceFiles, uint, 0444);
module_param(NVreg_DeviceFileUID, uint, 0444);
module_param(NVreg_DeviceFileGID, uint, 0444);
module_param(NVreg_DeviceFileMode, uint, 0444);

static struct pci_dev *gpus[MAX_GPUS];		/* index = minor */
static const struct file_operations *modeset_fops;
static DEFINE_MUTEX(lock);			/* both of the above */
static struct proc_dir_entry *proc_root, *proc_gpus;

/* Character devices */

static int nvidia_open(struct inode *inode, struct file *file)
{
	unsigned int minor = iminor(inode);
	int result = -ENODEV;

#ifdef FAULT_OPEN	/* broken on purpose: no GPU ever opens */
	if (minor < MAX_GPUS)
		return -EIO;
#endif
	mutex_lock(&lock);
	if (minor == CONTROL_MINOR || (minor < MAX_GPUS && gpus[minor])) {
		result = 0;
	} else if (minor == MODESET_MINOR && modeset_fops && try_module_get(modeset_fops->owner)) {
		replace_fops(file, modeset_fops);
		result = 0;
	}
	mutex_unlock(&lock);
	return result;
}

static const struct file_operations nvidia_fops = { .owner = THIS_MODULE, .open = nvidia_open };

int nvidia_set_modeset(const struct file_operations *fops)
{
	mutex_lock(&lock);
	modeset_fops = fops;
	mutex_unlock(&lock);
	return 0;
}
EXPORT_SYMBOL_GPL(nvidia_set_modeset);

/* /proc/driver/nvidia */

static int show_version(struct seq_file *out, void *unused)
{
	seq_printf(out, "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  %s  Release Build  (small-driver)\n",
		   THIS_MODULE->version);
	seq_puts(out, "GCC version:  " CONFIG_CC_VERSION_TEXT "\n");
	return 0;
}

static int show_params(struct seq_file *out, void *unused)
{
	seq_printf(out, "ModifyDeviceFiles: %u\n", NVreg_ModifyDeviceFiles);
	seq_printf(out, "DeviceFileUID: %u\n", NVreg_DeviceFileUID);
	seq_printf(out, "DeviceFileGID: %u\n", NVreg_DeviceFileGID);
	seq_printf(out, "DeviceFileMode: %u\n", NVreg_DeviceFileMode);
	seq_puts(out, "RegistryDwords: \"\"\n");
	return 0;
}

static int show_information(struct seq_file *out, void *unused)
{
	struct pci_dev *gpu = out->private;

	seq_puts(out, "Model: \t\t Software GPU\n");
	seq_printf(out, "IRQ:   \t\t %u\n", gpu->irq);
	seq_puts(out, "GPU UUID: \t GPU-????????-????-????-????-????????????\n");
	seq_puts(out, "Video BIOS: \t ??.??.??.??.??\n");
	seq_puts(out, "Bus Type: \t PCIe\n");
	seq_printf(out, "Bus Location: \t %s\n", pci_name(gpu));
	seq_printf(out, "Device Minor: \t %lu\n", (unsigned long)pci_get_drvdata(gpu));
	seq_puts(out, "GPU Excluded:\t No\n");
	return 0;
}

static int make_proc(void)
{
	proc_root = proc_mkdir("driver/nvidia", NULL);
	if (!proc_root)
		return -ENOMEM;
	proc_gpus = proc_mkdir("gpus", proc_root);
	if (proc_gpus && proc_create_single("version", 0444, proc_root, show_version) &&
	    proc_create_single("params", 0444, proc_root, show_params))
		return 0;
	proc_remove(proc_root);
	return -ENOMEM;
}

/* GPUs */

static int probe(struct pci_dev *gpu, const struct pci_device_id *id)
{
	struct proc_dir_entry *directory;
	unsigned long minor;
	int error = pcim_enable_device(gpu);

	if (error)
		return error;
	mutex_lock(&lock);
	for (minor = 0; minor < MAX_GPUS && gpus[minor];)
		minor++;
	if (minor < MAX_GPUS)
		gpus[minor] = gpu;
	mutex_unlock(&lock);
	if (minor == MAX_GPUS)
		return -ENOSPC;
	pci_set_drvdata(gpu, (void *)minor);
	directory = proc_mkdir(pci_name(gpu), proc_gpus);
	if (directory)
		proc_create_single_data("information", 0444, directory, show_information, gpu);
	return 0;
}

static void remove(struct pci_dev *gpu)
{
	remove_proc_subtree(pci_name(gpu), proc_gpus);
	mutex_lock(&lock);
	gpus[(unsigned long)pci_get_drvdata(gpu)] = NULL;
	mutex_unlock(&lock);
}

static const struct pci_device_id ids[] = {
	{ PCI_DEVICE(PCI_VENDOR_ID_NVIDIA, PCI_ANY_ID), .class = PCI_CLASS_DISPLAY_VGA << 8, .class_mask = ~0 },
	{ PCI_DEVICE(PCI_VENDOR_ID_NVIDIA, PCI_ANY_ID), .class = PCI_CLASS_DISPLAY_3D << 8, .class_mask = ~0 },
	{}
};
MODULE_DEVICE_TABLE(pci, ids);

static struct pci_driver driver = { .name = "nvidia", .id_table = ids, .probe = probe, .remove = remove };

int nvidia_count_gpus(void)
{
	int minor, count = 0;

	mutex_lock(&lock);
	for (minor = 0; minor < MAX_GPUS; minor++)
		count += gpus[minor] != NULL;
	mutex_unlock(&lock);
	return count;
}
EXPORT_SYMBOL_GPL(nvidia_count_gpus);

static int __init nvidia_init(void)
{
	int error;

#ifdef FAULT_PANIC	/* broken on purpose: takes the machine down */
	panic("small-driver: told to panic\n");
#endif
#ifdef FAULT_REFUSE	/* broken on purpose: will not start, and blames the caller */
	return -EINVAL;
#endif
	error = make_proc();
	if (error)
		return error;
	error = register_chrdev(NVIDIA_MAJOR, "nvidia-frontend", &nvidia_fops);
	if (error)
		goto no_chrdev;
	error = pci_register_driver(&driver);
	if (error)
		goto no_driver;
	if (nvidia_count_gpus())
		return 0;
	pr_err("No NVIDIA GPU found.\n");	/* and the real driver leaves again, too */
	error = -ENODEV;
	pci_unregister_driver(&driver);
no_driver:
	unregister_chrdev(NVIDIA_MAJOR, "nvidia-frontend");
no_chrdev:
	proc_remove(proc_root);
	return error;
}

static void __exit nvidia_exit(void)
{
	pci_unregister_driver(&driver);
	unregister_chrdev(NVIDIA_MAJOR, "nvidia-frontend");
	proc_remove(proc_root);
}

module_init(nvidia_init);
module_exit(nvidia_exit);
MODULE_DESCRIPTION("Stand-in for NVIDIA's driver, for tests");
MODULE_LICENSE("GPL");
MODULE_VERSION(SMALL_DRIVER_VERSION);
