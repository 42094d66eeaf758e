// SPDX-License-Identifier: LGPL-2.1-or-later
// A module of the driver's name that does nothing, and whose init answers what it is told.
#include <linux/delay.h>
#include <linux/init.h>
#include <linux/module.h>

static int result;
module_param(result, int, 0444);
MODULE_PARM_DESC(result, "what init returns");

static int wait;
module_param(wait, int, 0444);
MODULE_PARM_DESC(wait, "milliseconds that init takes");

static int __init start(void)
{
	if (wait)
		msleep(wait);
	if (result)
		pr_info("NVRM: init answers %d\n", result);
	return result;
}

static void __exit end(void)
{
}

module_init(start);
module_exit(end);
MODULE_DESCRIPTION("answers what it is told");
MODULE_LICENSE("GPL");
