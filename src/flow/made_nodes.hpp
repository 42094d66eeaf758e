// SPDX-License-Identifier: LGPL-2.1-or-later
// Remembers which node was made for which GPU (/run/gpuboot/gpu/<address>.toml), because once a
// GPU is unplugged the driver no longer says.
#pragma once

#include <string>

#include "base/root.hpp"
#include "execute/effects.hpp"
#include "model/devices.hpp"
#include "model/plan.hpp"

namespace gpuboot::flow {

/// Of one GPU, or of every one that is served when `address` is "".
Result<void> note_made_nodes(execute::Effects& effects, const model::DeviceFacts& devices,
                             const std::string& address = "");

/// Its /dev/char link and node, as far as they still are what was made.
model::Plan plan_removal(const Root& root, const std::string& address);

Result<void> forget_made_nodes(execute::Effects& effects, const std::string& address);

} // namespace gpuboot::flow
