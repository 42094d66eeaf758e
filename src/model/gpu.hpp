// SPDX-License-Identifier: LGPL-2.1-or-later
// A GPU as the PCI bus shows it, and as the loaded driver numbers it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace gpuboot::model {

struct Gpu {
    std::string address; ///< 0010:00:00.0
    std::string pci_id;  ///< 10de:20b0
    std::string driver;  ///< kernel driver bound to it; "" when none is

    bool operator==(const Gpu&) const = default;
};

} // namespace gpuboot::model
