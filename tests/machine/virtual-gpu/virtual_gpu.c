// SPDX-License-Identifier: GPL-2.0
/*
 * Up to four GPUs made in software, for a virtual machine that has none.
 *
 * Each GPU is function 0 of a PCI domain of its own (0010:00:00.0, 0011:00:00.0, ...). Its config
 * space is an array here; its BARs are RAM that the kernel must leave alone, so boot with
 *
 *     memmap=512M$0x50000000 virtual_gpu.gpus=1
 *
 * The kernel, udev and NVIDIA's driver see an A100. That driver binds when it knows the chip, which
 * it reads from two registers of BAR0, PMC_BOOT_0 and PMC_BOOT_42. Anything else it reads is zero,
 * so opening the adapter fails early and cleanly. Other chips, by parameter:
 *
 *     RTX 4090   device=0x2684 boot0=0x192000a1 boot42=0x192a1000    binds
 *     V100       device=0x1db4 boot0=0x140000a1 boot42=0x140a1000    refused: too old for the open driver
 *     NVSwitch   device=0x1af1 class=0x0680                          on the bus, and no more than that
 *
 * Hotplug: write a slot (0 to 3) to /sys/module/virtual_gpu/parameters/{plug,unplug}. What the driver says of a GPU
 * that is held or fell off cannot be had of one made in software: write it to parameters/say.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <asm/pci.h>

#define SLOTS		4
#define FIRST_DOMAIN	0x10
#define WINDOW		SZ_128M		/* address space of one GPU */
#define ISA_IRQ		11		/* nobody else uses it; the driver insists on having one */
#define PCIE_CAP	0x40		/* where the only capability lies in config space */

#define PMC_BOOT_0	0x000
#define PMC_BOOT_42	0xa00

static ushort device = 0x20b0, class = PCI_CLASS_DISPLAY_3D;
static uint boot0 = 0x170000a1, boot42 = 0x170a1000;
static ulong base = 0x50000000;
static int gpus;
module_param(device, ushort, 0644);
MODULE_PARM_DESC(device, "PCI device id of the next GPU plugged (default: A100)");
module_param(class, ushort, 0644);
MODULE_PARM_DESC(class, "its PCI class and subclass (default: 3D controller)");
module_param(boot0, uint, 0644);
MODULE_PARM_DESC(boot0, "its register PMC_BOOT_0");
module_param(boot42, uint, 0644);
MODULE_PARM_DESC(boot42, "its register PMC_BOOT_42: architecture 29:24, implementation 23:20");
module_param(base, ulong, 0444);
MODULE_PARM_DESC(base, "start of 512 MiB that the kernel was told to leave alone");
module_param(gpus, int, 0444);
MODULE_PARM_DESC(gpus, "how many GPUs are there from the start (default: 0)");

/* BARs as an A100 has them, but smaller. Each is aligned to its size. */
static const struct {
	int reg;
	u32 offset, size, flags;
} bars[] = {
	{ PCI_BASE_ADDRESS_0, 0, SZ_16M, PCI_BASE_ADDRESS_MEM_TYPE_32 },
	{ PCI_BASE_ADDRESS_1, SZ_64M, SZ_64M, PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH },
	{ PCI_BASE_ADDRESS_3, SZ_32M, SZ_32M, PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH },
};

struct gpu {
	__le32 config[PCI_CFG_SPACE_EXP_SIZE / 4];
	__le32 writable[PCI_CFG_SPACE_EXP_SIZE / 4];	/* one bit per bit of config */
	struct pci_sysdata sysdata;
	struct resource memory, numbers;
	struct pci_bus *bus;				/* NULL: not plugged */
};

static struct gpu slots[SLOTS];
static DEFINE_MUTEX(plugging);

/* Config space */

static struct gpu *gpu_of(struct pci_bus *bus)
{
	return container_of((struct pci_sysdata *)bus->sysdata, struct gpu, sysdata);
}

static u32 width_mask(int size)
{
	return GENMASK(size * 8 - 1, 0);
}

static int config_read(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 *value)
{
	u32 word;

	if (devfn)
		return PCIBIOS_DEVICE_NOT_FOUND;
	word = le32_to_cpu(gpu_of(bus)->config[where / 4]);
	*value = (word >> (where % 4 * 8)) & width_mask(size);
	return PCIBIOS_SUCCESSFUL;
}

static int config_write(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 value)
{
	struct gpu *gpu = gpu_of(bus);
	int shift = where % 4 * 8;
	u32 mask, word;

	if (devfn)
		return PCIBIOS_DEVICE_NOT_FOUND;
	mask = (width_mask(size) << shift) & le32_to_cpu(gpu->writable[where / 4]);
	word = le32_to_cpu(gpu->config[where / 4]);
	gpu->config[where / 4] = cpu_to_le32((word & ~mask) | ((value << shift) & mask));
	return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops config_ops = { .read = config_read, .write = config_write };

static void set_config(struct gpu *gpu, int where, u32 value, u32 writable)
{
	gpu->config[where / 4] = cpu_to_le32(value);
	gpu->writable[where / 4] = cpu_to_le32(writable);
}

static void fill_config(struct gpu *gpu)
{
	int i;

	memset(gpu->config, 0, sizeof(gpu->config));
	memset(gpu->writable, 0, sizeof(gpu->writable));
	set_config(gpu, PCI_VENDOR_ID, device << 16 | PCI_VENDOR_ID_NVIDIA, 0);
	set_config(gpu, PCI_COMMAND, PCI_STATUS_CAP_LIST << 16 | PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER,
		   PCI_COMMAND_INTX_DISABLE | PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
	set_config(gpu, PCI_CLASS_REVISION, class << 16 | 0xa1, 0);
	for (i = 0; i < ARRAY_SIZE(bars); i++) {
		set_config(gpu, bars[i].reg, (u32)(gpu->memory.start + bars[i].offset) | bars[i].flags,
			   ~(bars[i].size - 1));
		if (bars[i].flags & PCI_BASE_ADDRESS_MEM_TYPE_64)
			set_config(gpu, bars[i].reg + 4, 0, ~0);
	}
	set_config(gpu, PCI_SUBSYSTEM_VENDOR_ID, 0x134f << 16 | PCI_VENDOR_ID_NVIDIA, 0);
	set_config(gpu, PCI_CAPABILITY_LIST, PCIE_CAP, 0);
	set_config(gpu, PCI_INTERRUPT_LINE, 1 << 8 | ISA_IRQ, 0xff);
	set_config(gpu, PCIE_CAP, (PCI_EXP_TYPE_ENDPOINT << 4 | 2) << 16 | PCI_CAP_ID_EXP, 0);
	set_config(gpu, PCIE_CAP + PCI_EXP_DEVCAP, PCI_EXP_DEVCAP_RBER, 0);
	set_config(gpu, PCIE_CAP + PCI_EXP_LNKCAP, PCI_EXP_LNKCAP_SLS_16_0GB | 16 << 4, 0);
	set_config(gpu, PCIE_CAP + PCI_EXP_LNKCTL, (PCI_EXP_LNKSTA_CLS_16_0GB | 16 << 4) << 16, 0);
}

static int fill_registers(struct gpu *gpu)
{
	void __iomem *registers = ioremap(gpu->memory.start, PAGE_SIZE);

	if (!registers)
		return -ENOMEM;
	writel(boot0, registers + PMC_BOOT_0);
	writel(boot42, registers + PMC_BOOT_42);
	iounmap(registers);
	return 0;
}

/* Plug and unplug */

static int map_irq(const struct pci_dev *function, u8 slot, u8 pin)
{
	return ISA_IRQ;
}

static int add_bus(struct gpu *gpu)
{
	struct pci_host_bridge *bridge = pci_alloc_host_bridge(0);
	int error;

	if (!bridge)
		return -ENOMEM;
	bridge->ops = &config_ops;
	bridge->sysdata = &gpu->sysdata;
	bridge->map_irq = map_irq;
	pci_add_resource(&bridge->windows, &gpu->memory);
	pci_add_resource(&bridge->windows, &gpu->numbers);
	error = pci_scan_root_bus_bridge(bridge);
	if (error) {
		pci_free_host_bridge(bridge);
		return error;
	}
	gpu->bus = bridge->bus;
	pci_bus_claim_resources(gpu->bus);
	pci_bus_add_devices(gpu->bus);
	return 0;
}

static int plug_gpu(int slot)
{
	struct gpu *gpu = &slots[slot];
	int error;

	if (gpu->bus)
		return -EEXIST;
	gpu->memory = (struct resource)DEFINE_RES_MEM_NAMED(base + slot * WINDOW, WINDOW, "virtual gpu");
	gpu->numbers = (struct resource){ .name = "virtual gpu bus", .flags = IORESOURCE_BUS };
	gpu->sysdata = (struct pci_sysdata){ .domain = FIRST_DOMAIN + slot, .node = NUMA_NO_NODE };
	fill_config(gpu);
	error = fill_registers(gpu);
	if (error)
		return error;
	pci_lock_rescan_remove();
	error = add_bus(gpu);
	pci_unlock_rescan_remove();
	return error;
}

static int unplug_gpu(int slot)
{
	struct gpu *gpu = &slots[slot];

	if (!gpu->bus)
		return -ENODEV;
	pci_lock_rescan_remove();
	pci_stop_root_bus(gpu->bus);
	pci_remove_root_bus(gpu->bus);
	pci_unlock_rescan_remove();
	gpu->bus = NULL;
	return 0;
}

static int set_slot(const char *text, const struct kernel_param *param)
{
	int (*act)(int slot) = param->arg;
	int slot, error = kstrtoint(text, 0, &slot);

	if (error)
		return error;
	if (slot < 0 || slot >= SLOTS)
		return -ERANGE;
	mutex_lock(&plugging);
	error = act(slot);
	mutex_unlock(&plugging);
	return error;
}

static const struct kernel_param_ops slot_ops = { .set = set_slot };
module_param_cb(plug, &slot_ops, plug_gpu, 0200);
MODULE_PARM_DESC(plug, "write a slot (0 to 3): a GPU appears there");
module_param_cb(unplug, &slot_ops, unplug_gpu, 0200);
MODULE_PARM_DESC(unplug, "write a slot: its GPU is gone");

static int say(const char *text, const struct kernel_param *param)
{
	printk(KERN_ERR "%s", text);
	return 0;
}

static const struct kernel_param_ops say_ops = { .set = say };
module_param_cb(say, &say_ops, NULL, 0200);
MODULE_PARM_DESC(say, "a line for the kernel's log, as the driver would write it");

static int __init virtual_gpu_init(void)
{
	int slot, error;

	if (region_intersects(base, SLOTS * WINDOW, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) != REGION_DISJOINT) {
		pr_err("the kernel uses the memory at %#lx; boot with memmap=512M$%#lx\n", base, base);
		return -EBUSY;
	}
	for (slot = 0; slot < min(gpus, SLOTS); slot++) {
		error = plug_gpu(slot);
		if (error)
			pr_err("GPU %d: error %d\n", slot, error);
	}
	return 0;
}

static void __exit virtual_gpu_exit(void)
{
	int slot;

	for (slot = 0; slot < SLOTS; slot++)
		unplug_gpu(slot);
}

module_init(virtual_gpu_init);
module_exit(virtual_gpu_exit);
MODULE_DESCRIPTION("GPUs made in software, for tests in virtual machines");
MODULE_LICENSE("GPL");
