// SPDX-License-Identifier: LGPL-2.1-or-later
// Looks for what of a GPU driver is live in a tree: names, links, small texts and the heads of
// images. Runs no program and changes nothing, so an image pipeline can ask it (S2-08 S2-28).
#pragma once

#include <vector>

#include "base/root.hpp"
#include "model/audit.hpp"

namespace gpuboot::input {

/// Sorted by class, then path; empty when a machine made from this tree would know no driver.
/// gpuboot's own files are none, nor is a bake that only lies in its store. `arch` as uname -m
/// prints it. Nodes are looked for on the running system alone.
std::vector<model::Finding> read_audit(const Root& root, const std::string& arch);

} // namespace gpuboot::input
