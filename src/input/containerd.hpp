// SPDX-License-Identifier: LGPL-2.1-or-later
// containerd's configuration as far as CDI goes: what it says, all imports taken together, and how
// it would be with CDI on (containerd's docs/man/containerd-config.toml.5.md, docs/cri/config.md).
#pragma once

#include <functional>
#include <string>

#include "base/root.hpp"
#include "model/runtimes.hpp"

namespace gpuboot::input {

/// Asks a runtime which version it is; "" when it does not tell.
using AskVersion = std::function<std::string()>;

/// Unused where the CRI plugin is disabled. `ask` is called when the files alone leave something
/// open.
///
/// Of two files that hold the CRI plugin's table containerd 1.x takes the later one's whole
/// (mergeConfig: "values are replaced entirely"), so a table that is there is added to, in its own
/// file, and never stood beside; our drop-in makes way for one that came after it. containerd 2.x
/// merges them key by key, the later file's word last, and there a drop-in beside covers nothing.
/// The version of the whole configuration is in 1.x the last one that a file says, else 1; in 2.x
/// each file has its own and is migrated by it.
model::RuntimeFacts read_containerd(const Root& root, const AskVersion& ask);

} // namespace gpuboot::input
