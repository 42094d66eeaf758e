// SPDX-License-Identifier: LGPL-2.1-or-later
// The guard of the boot loader's default: looks at the kernels and the loader, decides, changes the
// default where it has to, and says so.
#pragma once

#include <vector>

#include "flow/phase.hpp"
#include "model/guard.hpp"

namespace gpuboot::flow {

enum class GuardWish {
    ByPolicy,
    Release, ///< whatever policy says: the package goes
};

/// BadInput where policy cannot be read: then everything stays as it is.
Result<model::Guard> guard_kernels(const Machine& machine, GuardWish wish);

/// The same of kernels that were looked at; `on` as in GuardInput.
Result<model::Guard> guard_default(const Machine& machine, bool on,
                                   std::vector<model::KernelState> states);

/// The sentence that the last run has left; "" when there was nothing to say.
std::string last_word_of_guard(const Root& root);

} // namespace gpuboot::flow
