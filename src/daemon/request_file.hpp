// SPDX-License-Identifier: LGPL-2.1-or-later
// The files in /run/gpuboot/want: the only thing the daemon writes, and all that its request is.
#pragma once

#include <vector>

#include "base/root.hpp"
#include "model/job.hpp"

namespace gpuboot::daemon {

/// The file appears whole under its name, so the path unit never starts a phase on half of one.
Result<void> write_request(const Root& root, const model::Job& job);

/// Takes back a request that nobody has read; one that is gone is fine.
Result<void> withdraw_request(const Root& root, std::uint32_t job);

/// Requests that still lie there, as a daemon finds them which was killed after writing them.
std::vector<model::Job> read_requests(const Root& root, std::vector<std::string>& flaws);

} // namespace gpuboot::daemon
