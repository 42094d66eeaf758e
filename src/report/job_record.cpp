// SPDX-License-Identifier: LGPL-2.1-or-later
#include "report/job_record.hpp"

#include <charconv>
#include <limits>

namespace gpuboot::report {

namespace {

using namespace model;

constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max();
constexpr std::string_view record_prefix = "job-";
constexpr std::string_view record_suffix = ".json";

} // namespace

std::string request_name(std::uint32_t job) { return std::to_string(job) + ".toml"; }

std::string record_name(std::uint32_t job) {
    return std::string(record_prefix) + std::to_string(job) + std::string(record_suffix);
}

std::uint32_t job_of_record_name(std::string_view name) {
    if (!name.starts_with(record_prefix) || !name.ends_with(record_suffix)) return 0;
    name.remove_prefix(record_prefix.size());
    std::uint32_t id = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
    const bool whole = std::string_view(end, name.data() + name.size()) == record_suffix;
    return error == std::errc() && whole ? id : 0;
}

std::string request_text(const Job& job) {
    Table table{{"schema", 1},
                {"verb", to_text(job.request.verb)},
                {"job", static_cast<std::int64_t>(job.id)}};
    if (job.request.force) table.push_back({"force", true});
    return to_toml(Node(std::move(table)));
}

Node record_of(const Job& job) {
    return Table{{"job", static_cast<std::int64_t>(job.id)},
                 {"verb", to_text(job.request.verb)},
                 {"force", job.request.force},
                 {"state", to_text(job.state)},
                 {"verdict", job.verdict},
                 {"error", job.error}};
}

Result<Job> job_of(const Node& record) {
    const Node* id = record.find("job");
    const auto* number = id ? std::get_if<std::int64_t>(&id->value) : nullptr;
    const auto verb = verb_of(record.text("verb"));
    const auto state = job_state_of(record.text("state"));
    if (!number || *number < 1 || *number > most || !verb || !state)
        return fail(Errc::BadInput, "no job record: wanted the fields job, verb and state");
    const Node* force = record.find("force");
    const auto* forced = force ? std::get_if<bool>(&force->value) : nullptr;
    return Job{static_cast<std::uint32_t>(*number),
               {*verb, forced && *forced},
               *state,
               record.text("verdict"),
               record.text("error")};
}

} // namespace gpuboot::report
