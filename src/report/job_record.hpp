// SPDX-License-Identifier: LGPL-2.1-or-later
// A job as the two files it travels in: the request that the daemon writes (TOML; the request
// phase reads it with input/request.hpp) and the record that the phase writes in turn (JSON).
#pragma once

#include <string>
#include <string_view>

#include "base/document.hpp"
#include "model/job.hpp"

namespace gpuboot::report {

/// "7.toml" in /run/gpuboot/want.
std::string request_name(std::uint32_t job);
/// "job-7.json" in /run/gpuboot/report.
std::string record_name(std::uint32_t job);
/// The job number in a name of that form, 0 when it has another form.
std::uint32_t job_of_record_name(std::string_view name);

std::string request_text(const model::Job& job);

Node record_of(const model::Job& job);
Result<model::Job> job_of(const Node& record);

} // namespace gpuboot::report
