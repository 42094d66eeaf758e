// SPDX-License-Identifier: LGPL-2.1-or-later
// The dynamic loader's cache, as ldconfig writes it since glibc 2.32 ("new format",
// glibc:sysdeps/generic/dl-cache.h). Says where a library would be found without opening one.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace gpuboot::input {

/// The path that the cache gives for a library of this architecture (uname -m); "" when it lists
/// none. BadInput: the bytes are no such cache, or one that was cut.
Result<std::string> find_in_loader_cache(ByteView cache, std::string_view library,
                                         std::string_view arch);

struct CachedLibrary {
    std::string name, path;
};

/// All of it, whatever the architecture, in the cache's order. BadInput likewise.
Result<std::vector<CachedLibrary>> libraries_in_loader_cache(ByteView cache);

/// The libraries of this architecture whose path lies in `folder`; sorted. BadInput likewise.
Result<std::vector<std::string>> names_in_loader_cache(ByteView cache, std::string_view folder,
                                                       std::string_view arch);

} // namespace gpuboot::input
