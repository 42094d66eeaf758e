// SPDX-License-Identifier: LGPL-2.1-or-later
// The CRCs of what a kernel exports, from the list that its build leaves: Module.symvers of its
// headers, or symvers.gz beside its modules or in /boot. Only what is asked for is kept.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/root.hpp"

namespace gpuboot::input {

struct Export {
    std::uint32_t crc = 0;
    bool of_kernel = false; ///< by the kernel proper; else by one of its modules
};

using Exports = std::map<std::string, Export, std::less<>>;
using SymbolNames = std::unordered_set<std::string_view>;

struct Symvers {
    std::string path; ///< "" when none could be used
    std::string flaw; ///< why the first that is there was not used
    Exports exports;  ///< those that were asked for and are listed
};

/// Absent files are no flaw: not every machine has headers (F-61). One of another kernel is.
Symvers read_symvers(const Root& root, const std::string& kernel, const SymbolNames& wanted);

/// The flaw of one such list, "FILE:LINE: ..." without the file; "" when it has none.
std::string scan_symvers(std::string_view text, const SymbolNames& wanted, Exports& exports);

} // namespace gpuboot::input
