// SPDX-License-Identifier: LGPL-2.1-or-later
// The CRCs of what a kernel exports, from the list that its build leaves: Module.symvers of its
// headers, or symvers.gz beside its modules or in /boot.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/bytes.hpp"
#include "base/root.hpp"

namespace gpuboot::input {

struct Export {
    std::uint32_t crc = 0;
    bool of_kernel = false; ///< by the kernel proper; else by one of its modules
};

/// By name, which is a part of the list's own text.
using Exports = std::unordered_map<std::string_view, Export>;

struct Symvers {
    std::string path; ///< "" when none could be used
    std::string flaw; ///< why the first that is there was not used
    Bytes text;       ///< the list; `exports` lives off it
    Exports exports;
};

/// Absent files are no flaw: not every machine has headers (F-61). One of another kernel is.
Symvers read_symvers(const Root& root, const std::string& kernel);

/// The flaw of one such list, "FILE:LINE: ..." without the file; "" when it has none. Of a symbol
/// that stands twice the first line counts.
std::string scan_symvers(std::string_view text, Exports& exports);

} // namespace gpuboot::input
