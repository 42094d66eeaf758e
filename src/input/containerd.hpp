// SPDX-License-Identifier: LGPL-2.1-or-later
// containerd's configuration: /etc/containerd/config.toml and what it imports, as far as CDI goes
// (containerd's docs/man/containerd-config.toml.5.md, docs/cri/config.md).
#pragma once

#include "base/root.hpp"
#include "model/runtimes.hpp"

namespace gpuboot::input {

/// Without version; unused where the CRI plugin is disabled. Of two files that hold the CRI
/// plugin's table containerd takes the later one's whole, so a table that is there is added to, in
/// its own file, and never stood beside.
model::RuntimeFacts read_containerd(const Root& root);

} // namespace gpuboot::input
