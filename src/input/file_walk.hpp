// SPDX-License-Identifier: LGPL-2.1-or-later
// All that lies below a folder, however deep.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <string>

#include "base/root.hpp"

namespace gpuboot::input {

/// Calls `see` with path and status of everything below `folder` that is no directory; a link is
/// seen and not followed. An absent folder has nothing. BadInput: more than a million names, or
/// deeper than 32 folders, so that what was not seen is never taken for absent.
Result<void> walk_files(
    const Root& root, const std::string& folder,
    const std::function<Result<void>(const std::string& path, const struct stat& status)>& see);

} // namespace gpuboot::input
