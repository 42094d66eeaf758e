// SPDX-License-Identifier: LGPL-2.1-or-later
// An audit of a tree: every leftover of a driver that is live in it. Changes nothing, runs no
// program. Reads modules' indexes and initramfs images whole, which takes seconds: for a command,
// never for a boot.
#pragma once

#include <vector>

#include "base/root.hpp"
#include "model/audit.hpp"

namespace gpuboot::input {

/// Sorted by class and path; empty: nothing is live. On the running system with an active bake,
/// what its activation brought is none of them. An Error when something could not be looked at:
/// then nobody can say that nothing is there.
Result<std::vector<model::Finding>> read_audit(const Root& root);

} // namespace gpuboot::input
