// SPDX-License-Identifier: LGPL-2.1-or-later
// What the journal says of a driver that is taken away, gpuboot's own or a foreign copy: one line
// that a person can grep for, and the same as fields.
#pragma once

#include <string>
#include <vector>

#include "model/foreign_removal.hpp"

namespace gpuboot::report {

/// "event=teardown status=cleaned removed=12 kept=0 modules_before=present ... marker_after=absent"
std::string line_of(const model::Teardown& teardown);

void send_teardown(const model::Teardown& teardown);

/// One part of what gpuboot had brought, before and after: "modules", "absent", ...
struct Part {
    std::string name, before, after;
};

/// "event=teardown status=cleaned bakes_before=3 bakes_after=0"
std::string line_of(bool cleaned, const std::vector<Part>& parts);

/// Bakes were deleted, or the driver was taken from the running machine.
void send_purged(bool cleaned, const std::vector<Part>& parts);
void send_released(bool cleaned, const std::vector<Part>& parts);

/// "event=managed_gpu marker_present=true kind_match=true"
void send_managed_gpu(bool marker_present, bool kind_match);

} // namespace gpuboot::report
