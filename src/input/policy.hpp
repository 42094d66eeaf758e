// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads gpuboot.toml: vendor values, then the operator's over them, then drop-ins by their names,
// key by key.
#pragma once

#include <string>

#include "base/root.hpp"
#include "model/policy.hpp"

namespace gpuboot::input {

struct PolicyReading {
    /// The defaults when there is a flaw, so that a typo never stops a boot; only whether a driver
    /// is wanted stays as far as it could be read.
    model::Policy policy;
    std::string flaw;
};

PolicyReading read_policy(const Root& root);

} // namespace gpuboot::input
