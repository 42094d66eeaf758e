// SPDX-License-Identifier: LGPL-2.1-or-later
// The request phase: the only reader of what the unprivileged daemon asks for. Each file in
// /run/gpuboot/want is distrusted, removed, and turned into a start of the chain's units.
#pragma once

#include <string>
#include <vector>

#include "flow/phase.hpp"

namespace gpuboot::flow {

/// Serves every request that lies there. The texts say what was refused, and why.
Result<std::vector<std::string>> serve_requests(const Machine& machine);

} // namespace gpuboot::flow
