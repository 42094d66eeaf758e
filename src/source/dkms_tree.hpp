// SPDX-License-Identifier: LGPL-2.1-or-later
// The recipe a pin leads to: the DKMS tree under /usr/src, what its dkms.conf says to run, and
// the proof that it is the very source the pin means. Nothing is registered with DKMS.
#pragma once

#include <string>
#include <vector>

#include "base/root.hpp"
#include "model/pin.hpp"
#include "source/dkms_conf.hpp"
#include "source/tree_digest.hpp"

namespace gpuboot::source {

struct Recipe {
    std::string name; ///< "nvidia-current-open"
    std::string version;
    Tree tree;
    std::string make;                    ///< for /bin/sh, inside the sandbox only
    std::vector<BuiltModule> modules;    ///< to be built: those the pin asks for, or all
    std::string sha256;                  ///< of the tree; equal to the pin's
    std::vector<std::string> left_out{}; ///< names of what the pin does not ask for
    std::string asked_at{};              ///< Pin::modules_at
};

/// Every Error says what is missing and how to get it.
Result<Recipe> read_dkms_tree(const Root& root, const model::Pin& pin);

} // namespace gpuboot::source
