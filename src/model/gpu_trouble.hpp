// SPDX-License-Identifier: LGPL-2.1-or-later
// What the driver tells of a GPU in the kernel's log alone: no event and no file says it.
#pragma once

#include <string>

namespace gpuboot::model {

struct GpuTrouble {
    enum class Kind {
        RemovalWaits, ///< it is being removed, and a process has it open
        FellOff,      ///< Xid 79: it does not answer on its bus
    };
    std::string address;
    Kind kind = Kind::FellOff;
    std::string line; ///< the driver's own

    bool operator==(const GpuTrouble&) const = default;
};

} // namespace gpuboot::model
