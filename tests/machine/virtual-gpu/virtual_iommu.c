// SPDX-License-Identifier: GPL-2.0
/*
 * An IOMMU that translates nothing, for the functions of one PCI domain: virtual_gpu's second GPU, unless told otherwise.
 *
 * vfio-pci takes no device without an IOMMU group, and a virtual machine has no IOMMU for hardware made in software.
 * Load this before the GPU is plugged. It stays loaded: the kernel keeps the operations of an IOMMU for good.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/iommu.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/sizes.h>
#include <linux/slab.h>

static ushort domain = 0x11;
module_param(domain, ushort, 0444);
MODULE_PARM_DESC(domain, "the PCI domain whose functions stand behind it (default: 0x11)");

static struct iommu_device iommu;

static bool is_capable(struct device *dev, enum iommu_cap cap)
{
	return cap == IOMMU_CAP_CACHE_COHERENCY;
}

static int attach(struct iommu_domain *space, struct device *dev)
{
	return 0;
}

static void free_space(struct iommu_domain *space)
{
	kfree(space);
}

static const struct iommu_domain_ops space_ops = { .attach_dev = attach, .free = free_space };

static struct iommu_domain *alloc_space(unsigned int type)
{
	return type == IOMMU_DOMAIN_IDENTITY ? kzalloc(sizeof(struct iommu_domain), GFP_KERNEL) : NULL;
}

static int identity(struct device *dev)
{
	return IOMMU_DOMAIN_IDENTITY;
}

static struct iommu_device *probe(struct device *dev)
{
	if (!dev_is_pci(dev) || pci_domain_nr(to_pci_dev(dev)->bus) != domain)
		return ERR_PTR(-ENODEV);
	return &iommu;
}

static void release(struct device *dev)
{
}

static const struct iommu_ops ops = {
	.capable = is_capable,
	.domain_alloc = alloc_space,
	.probe_device = probe,
	.release_device = release,
	.device_group = generic_device_group,
	.def_domain_type = identity,
	.default_domain_ops = &space_ops,
	.pgsize_bitmap = SZ_4K,
	.owner = THIS_MODULE,
};

static int __init virtual_iommu_init(void)
{
	int error = iommu_device_sysfs_add(&iommu, NULL, NULL, "virtual-iommu");

	if (error)
		return error;
	error = iommu_device_register(&iommu, &ops, NULL);
	if (error) {
		pr_err("not registered: error %d\n", error);
		iommu_device_sysfs_remove(&iommu);
	}
	return error;
}

module_init(virtual_iommu_init);
MODULE_DESCRIPTION("An IOMMU in name, for tests in virtual machines");
MODULE_LICENSE("GPL");
