/* SPDX-License-Identifier: GPL-2.0 */
/* What the stand-in's modules say to each other. */
#ifndef SMALL_DRIVER_NVIDIA_H
#define SMALL_DRIVER_NVIDIA_H

struct file_operations;

#define NVIDIA_MAJOR		195
#define MODESET_MINOR		254
#define CONTROL_MINOR		255

/* Who answers an open of /dev/nvidia-modeset; NULL takes it back. */
int nvidia_set_modeset(const struct file_operations *fops);

int nvidia_count_gpus(void);

#endif
