// SPDX-License-Identifier: LGPL-2.1-or-later
// A whole boot told to a person: its phases' reports, one after the other, each gate with what was
// wanted and found, what was done and how long it took, and at the end what to do.
#pragma once

#include <string>
#include <vector>

#include "model/report.hpp"

namespace gpuboot::report {

/// `reports` in the order in which the phases ran; "" when there is none.
std::string to_story(const std::vector<model::Report>& reports);

} // namespace gpuboot::report
