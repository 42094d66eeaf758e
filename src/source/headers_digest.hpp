// SPDX-License-Identifier: LGPL-2.1-or-later
// One digest over all that a compile reads of a kernel's headers: the names and the contents of the
// files below /lib/modules/<kernel>/build and /source, and of the scripts beside them, where
// distributions put those elsewhere. Contents, because the times of files prove nothing (F-29), and
// because they are cheap: Debian's are 60 MB in 12,000 files, half a second, and the compile that
// follows reads most of them anyway. A symlink counts by what it says; those that lead out of the
// folders lead to one of them. Takes no part in a bake's id: it is asked only before a compile.
#pragma once

#include <string>

#include "base/root.hpp"

namespace gpuboot::source {

/// Limits on what is read; beyond them the headers have no digest, which is an Error.
struct HeadersLimits {
    std::size_t entries = 200'000;
    std::uint64_t bytes = std::uint64_t{2} << 30;
    std::size_t depth = 32;
};

Result<std::string> digest_all_headers(const Root& root, const std::string& kernel,
                                       const HeadersLimits& limits = {});

} // namespace gpuboot::source
