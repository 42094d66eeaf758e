// SPDX-License-Identifier: LGPL-2.1-or-later
// A name on disk as a removal must know it: what lies there to the last byte, and whether the way
// to it leads elsewhere.
#pragma once

#include <string>
#include <string_view>

#include "base/root.hpp"
#include "model/foreign_removal.hpp"

namespace gpuboot::input {

/// Never follows a link at the end of `path`. NotFound: nothing lies there. BadInput: neither file,
/// link nor directory, or a file of more than 2 GiB.
Result<model::ForeignEntry> read_entry(const Root& root, model::ForeignKind kind,
                                       const std::string& path);

/// "FOLDER is a link to TARGET" for the first one on the way to `path`; "" when there is none but
/// those that a merged /usr has (/lib to usr/lib).
std::string detour_of(const Root& root, const std::string& path);

/// The one form of a path that a merged /usr gives two of: /usr/lib/x becomes /lib/x.
std::string merged(std::string_view path);

} // namespace gpuboot::input
