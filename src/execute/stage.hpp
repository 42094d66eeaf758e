// SPDX-License-Identifier: LGPL-2.1-or-later
// Takes the modules out of a finished compile. What lies there was made by an untrusted program,
// so each file is opened without following any symlink, read once, and judged by what was read.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/compression.hpp"
#include "base/root.hpp"
#include "model/marker.hpp"
#include "source/dkms_tree.hpp"
#include "source/target.hpp"

namespace gpuboot::execute {

/// A module as it goes into the bake: its line of the marker, and its bytes.
struct Product {
    model::MarkerModule module;
    Bytes bytes;
};

/// Where the build leaves a module; `tree` is the folder it ran in.
std::string product_path(const std::string& tree, const source::BuiltModule& module);

/// Every module of the recipe, compressed as the bake is to hold it; a missing or foreign one is an
/// Error (F-66, F-71).
Result<std::vector<Product>> collect_products(const Root& root, const std::string& tree,
                                              const source::Recipe& recipe,
                                              const source::Target& target,
                                              Compression compression = Compression::None);

} // namespace gpuboot::execute
