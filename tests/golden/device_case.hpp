// SPDX-License-Identifier: LGPL-2.1-or-later
// One case of golden-devices/: DeviceFacts, and under [ask] what is asked about them.
#pragma once

#include <string>
#include <vector>

#include "base/document.hpp"
#include "model/reason.hpp"

namespace gpuboot::golden {

struct Answer {
    std::string text;
    std::vector<model::Reason> reasons;
};

/// [ask] address: of this GPU alone · ready_test, critical_units, deferred_units: the policy ·
/// fails, error: the step with this number fails so.
Result<Answer> answer_devices(const std::string& file, const Node& record);

} // namespace gpuboot::golden
