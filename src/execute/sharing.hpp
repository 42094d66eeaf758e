// SPDX-License-Identifier: LGPL-2.1-or-later
// What bakes have in common is stored once, where the store's file system can do that.
#pragma once

#include <string>
#include <vector>

#include "base/root.hpp"
#include "execute/effects.hpp"

namespace gpuboot::execute {

/// Each of `files` (paths below `folder`, which lies in the store) has its blocks in common with a
/// file of that path, size and content in another bake. The kernel compares them, so no bake is
/// believed; each file stays one of its own with one link, as a check demands. Best effort: it
/// works on btrfs and xfs.
void share_with_others(const Root& root, Effects& effects, const std::string& folder,
                       const std::vector<std::string>& files);

} // namespace gpuboot::execute
