// SPDX-License-Identifier: LGPL-2.1-or-later
// A job as the two files it travels in: the request that the daemon writes and the request phase
// reads (TOML), and the record that the phase writes and the daemon reads (JSON).
#pragma once

#include <string>
#include <string_view>

#include "base/document.hpp"
#include "model/job.hpp"

namespace gpuboot::report {

/// A request file is this small, or it is none.
inline constexpr std::size_t request_limit = 4 << 10;

/// "7.toml" in /run/gpuboot/want.
std::string request_name(std::uint32_t job);
/// "job-7.json" in /run/gpuboot/report.
std::string record_name(std::uint32_t job);
/// The job number in a name of that form, 0 when it has another form.
std::uint32_t job_of_record_name(std::string_view name);

std::string request_text(const model::Job& job);
/// Strict: an unknown key, a wrong type or "force" on another verb is BadInput naming the line.
Result<model::Job> parse_request(const std::string& file, std::string_view text);

Node record_of(const model::Job& job);
Result<model::Job> job_of(const Node& record);

} // namespace gpuboot::report
