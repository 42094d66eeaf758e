// SPDX-License-Identifier: GPL-2.0
/* Stand-in for nvidia-uvm.ko: a character device with a dynamic major, and a need for nvidia.ko. */
#include <linux/cdev.h>
#include <linux/fs.h>
#include <linux/module.h>

#include "nvidia.h"

#define MINORS 2	/* nvidia-uvm, nvidia-uvm-tools */

static const struct file_operations fops = { .owner = THIS_MODULE };
static struct cdev cdev;
static dev_t first;

static int __init uvm_init(void)
{
	int error;

	if (!nvidia_count_gpus())	/* and so this module needs nvidia.ko, as the real one does */
		return -ENODEV;
	error = alloc_chrdev_region(&first, 0, MINORS, "nvidia-uvm");
	if (error)
		return error;
	cdev_init(&cdev, &fops);
	error = cdev_add(&cdev, first, MINORS);
	if (error)
		unregister_chrdev_region(first, MINORS);
	return error;
}

static void __exit uvm_exit(void)
{
	cdev_del(&cdev);
	unregister_chrdev_region(first, MINORS);
}

module_init(uvm_init);
module_exit(uvm_exit);
MODULE_DESCRIPTION("Stand-in for NVIDIA's unified memory driver, for tests");
MODULE_LICENSE("GPL");
MODULE_VERSION(SMALL_DRIVER_VERSION);
