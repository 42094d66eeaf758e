// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/records.hpp"

#include <algorithm>

#include "base/names.hpp"
#include "daemon/request_file.hpp"
#include "report/job_record.hpp"
#include "report/record.hpp"

namespace gpuboot::daemon {

namespace {

/// Also bounds the property Report, and with it a bus message.
constexpr std::size_t record_limit = 256 << 10;
/// More than a boot's worth of job records: one for each request, and nobody takes them away.
constexpr std::size_t most_records = 1 << 16;

class Reader {
  public:
    Reader(const Root& root, Records& records) : root_(root), records_(records) {}

    void read_last() {
        auto node = record(std::string(names::last_report));
        if (!node) return;
        auto report = report::report_of(*node);
        if (!report) return flaw(names::last_report, report.error());
        records_.last_json = to_json(*node, false);
        learn_gpus(*report);
        records_.last = std::move(*report);
    }

    void read_gpu_report(const std::string& path) {
        auto node = record(path);
        if (!node) return;
        auto report = report::report_of(*node);
        if (!report) return flaw(path, report.error());
        learn_gpus(*report);
    }

    void read_job(const std::string& path) {
        auto node = record(path);
        if (!node) return;
        auto job = report::job_of(*node);
        if (!job) return flaw(path, job.error());
        records_.jobs.insert_or_assign(job->id, std::move(*job));
    }

    std::vector<std::string> list(std::string_view directory) {
        auto names = root_.list(directory, most_records);
        if (names) return std::move(*names);
        if (names.error().code != Errc::NotFound) flaw("", names.error());
        return {};
    }

  private:
    /// None, and no flaw, when the file is absent: it may go between being listed and read.
    std::optional<Node> record(const std::string& path) {
        auto text = root_.read_text(path, record_limit);
        if (!text) {
            if (text.error().code != Errc::NotFound) flaw("", text.error());
            return std::nullopt;
        }
        auto node = parse_json(*text);
        if (node) return std::move(*node);
        flaw(path, node.error());
        return std::nullopt;
    }

    void learn_gpus(const model::Report& report) {
        for (const model::GpuReport& gpu : report.gpus) {
            const std::string& address = gpu.gpu.address;
            if (report.at < told_at_[address]) continue; // an older report than the one we have
            told_at_[address] = report.at;
            records_.gpus.insert_or_assign(address, gpu);
        }
    }

    /// `path` is "" when the error names the file itself.
    void flaw(std::string_view path, const Error& error) {
        records_.flaws.push_back(path.empty() ? error.what : std::string(path) + ": " + error.what);
    }

    const Root& root_;
    Records& records_;
    std::map<std::string, std::int64_t> told_at_;
};

std::string in_reports(std::string_view name) {
    return std::string(names::report_directory) + "/" + std::string(name);
}

} // namespace

Records read_records(const Root& root) {
    Records records;
    Reader reader(root, records);
    records.ready_stamp = root.exists(names::ready_stamp);
    // Where two reports are of the same second, the later one here wins: init comes after check,
    // a GPU's own phase after init.
    reader.read_last();
    std::vector<std::uint32_t> jobs;
    const std::vector<std::string> files = reader.list(names::report_directory);
    reader.read_gpu_report(in_reports("init.json"));
    for (const std::string& name : files) {
        if (name.starts_with("device-") && name.ends_with(".json"))
            reader.read_gpu_report(in_reports(name));
        if (const std::uint32_t job = report::job_of_record_name(name)) jobs.push_back(job);
    }
    // What was said of a GPU ends with its node: a card that comes into the same slot later is
    // another one, though the report of init still names the address.
    const std::vector<std::string> notes = reader.list(names::gpu_directory);
    std::erase_if(records.gpus, [&](const auto& entry) {
        return std::ranges::find(notes, entry.first + ".toml") == notes.end();
    });
    // A request that was read has a record, which knows more; so the records come second.
    for (model::Job& job : read_requests(root, records.flaws))
        records.jobs.emplace(job.id, std::move(job));
    std::ranges::sort(jobs);
    const std::size_t surplus = jobs.size() - std::min(jobs.size(), jobs_kept);
    for (std::size_t i = surplus; i < jobs.size(); ++i)
        reader.read_job(in_reports(report::record_name(jobs[i])));
    return records;
}

} // namespace gpuboot::daemon
