// SPDX-License-Identifier: LGPL-2.1-or-later
// Finds what the driver tells of a GPU among the kernel's lines (nv-pci.c, nv_pci_remove; NVIDIA's
// Xid catalog).
#pragma once

#include <optional>
#include <string_view>

#include "model/gpu_trouble.hpp"

namespace gpuboot::input {

/// Of one record of /dev/kmsg; none: it tells of no trouble, or a program has written it.
std::optional<model::GpuTrouble> trouble_in(std::string_view record);

} // namespace gpuboot::input
