// SPDX-License-Identifier: LGPL-2.1-or-later
// What the journal says of foreign copies of the driver: one line that a person can grep for, and
// the same as fields.
#pragma once

#include <string>

#include "model/foreign_removal.hpp"

namespace gpuboot::report {

/// "event=teardown status=cleaned removed=12 kept=0 modules_before=present ... marker_after=absent"
std::string line_of(const model::Teardown& teardown);

void send_teardown(const model::Teardown& teardown);

/// "event=managed_gpu marker_present=true kind_match=true"
void send_managed_gpu(bool marker_present, bool kind_match);

} // namespace gpuboot::report
