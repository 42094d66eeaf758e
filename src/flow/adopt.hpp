// SPDX-License-Identifier: LGPL-2.1-or-later
// Takes over modules that another tool compiled: from their folder in /lib/modules into the store,
// as a bake of their own kind. What they were compiled from nobody can tell, so the pin has to
// accept it in words (accept_adopted). The foreign files are only read.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "flow/bake.hpp"
#include "model/facts.hpp"

namespace gpuboot::flow {

struct AdoptOptions {
    model::Host host;                 ///< whose kernel is meant
    std::vector<std::string> modules; ///< that this machine loads: all of them, or nothing is taken
};

/// Takes the lock itself. The bake is on disk when this returns; every Error says what is wrong
/// with which file, and then the store is as it was.
Result<BakeResult> adopt(const Root& root, execute::Effects& effects, const model::Pin& pin,
                         const AdoptOptions& options);

} // namespace gpuboot::flow
