// SPDX-License-Identifier: LGPL-2.1-or-later
// The records of compiles that failed and would fail again (written by execute/failed_build.hpp).
// One that does not prove itself, or is none, counts as absent: that costs a compile, never a boot.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/root.hpp"
#include "model/compile.hpp"
#include "model/pin.hpp"

namespace gpuboot::input {

struct FailedRecord {
    std::string inputs; ///< digest over all that the compile depended on
    std::string error;
};

std::string failed_record_path(const std::string& id);

std::optional<FailedRecord> read_failed_build(const Root& root, const std::string& id);

/// Of this driver for this kernel. Whether the inputs are still the same is not said: that takes
/// the digest of the whole source, and the rebuild phase.
std::vector<model::FailedBuild> read_failed_builds(const Root& root, const model::Pin& pin,
                                                   const std::string& kernel);

} // namespace gpuboot::input
