// SPDX-License-Identifier: GPL-2.0
/* Stand-in for nvidia-modeset.ko: minor 254 of nvidia.ko's character device. */
#include <linux/fs.h>
#include <linux/module.h>

#include "nvidia.h"

static const struct file_operations fops = { .owner = THIS_MODULE };

static int __init modeset_init(void)
{
	return nvidia_set_modeset(&fops);
}

static void __exit modeset_exit(void)
{
	nvidia_set_modeset(NULL);
}

module_init(modeset_init);
module_exit(modeset_exit);
MODULE_DESCRIPTION("Stand-in for NVIDIA's modeset driver, for tests");
MODULE_LICENSE("GPL");
MODULE_VERSION(SMALL_DRIVER_VERSION);
