# SPDX-License-Identifier: LGPL-2.1-or-later
# The programs of the active bake, if it brings any; there is no such folder while none is active. Last: a
# distribution's own nvidia-smi comes first.
PATH=$PATH:/run/gpuboot/active/bin
