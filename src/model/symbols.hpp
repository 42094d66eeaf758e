// SPDX-License-Identifier: LGPL-2.1-or-later
// What the kernel that is judged says of modules, and how the symbols that a module imports
// compare with those that this kernel exports.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gpuboot::model {

/// Of the target kernel, not of the one that happens to run.
struct KernelAbi {
    std::string symvers;      ///< the list of its exports' CRCs; "" when none could be used
    std::string symvers_flaw; ///< why one that is there was not used; "" when none was refused
    std::string vermagic;     ///< that a module of its own tree carries; "" when there is none

    bool operator==(const KernelAbi&) const = default;
};

struct SymbolDifference {
    std::string symbol;
    std::string wanted; ///< the CRC the module was built with: 0x4c9d28b0
    std::string found;  ///< the kernel's; "" when it exports no such symbol

    bool operator==(const SymbolDifference&) const = default;
};

struct SymbolComparison {
    std::uint64_t compared = 0; ///< 0: the kernel's CRCs, or the module's, are not known
    std::vector<SymbolDifference> differing;

    bool operator==(const SymbolComparison&) const = default;
};

} // namespace gpuboot::model
