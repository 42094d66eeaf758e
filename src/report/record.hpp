// SPDX-License-Identifier: LGPL-2.1-or-later
// A report as the JSON record that files, the bus and --json share, and back.
#pragma once

#include <vector>

#include "base/document.hpp"
#include "model/report.hpp"

namespace gpuboot::report {

Node record_of(const model::Report& report);
Result<model::Report> report_of(const Node& record);

Node record_of(const std::vector<model::Reason>& reasons);

} // namespace gpuboot::report
