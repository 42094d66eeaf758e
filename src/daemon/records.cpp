// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/records.hpp"

#include <algorithm>

#include "base/names.hpp"
#include "daemon/request_file.hpp"
#include "input/loaded_driver.hpp"
#include "report/gpu_note.hpp"
#include "report/job_record.hpp"
#include "report/kernel_record.hpp"
#include "report/progress_record.hpp"
#include "report/record.hpp"

namespace gpuboot::daemon {

namespace {

/// Also bounds the property Report, and with it a bus message.
constexpr std::size_t record_limit = 256 << 10;
/// More than a boot's worth of job records: one for each request, and nobody takes them away.
constexpr std::size_t most_records = 1 << 16;

std::string in_reports(std::string_view name) {
    return std::string(names::report_directory) + "/" + std::string(name);
}

class Reader {
  public:
    Reader(const Root& root, Records& records) : root_(root), records_(records) {}

    void read_last() {
        auto node = record(std::string(names::last_report));
        if (!node) return;
        auto report = report::report_of(*node);
        if (!report) return flaw(names::last_report, report.error());
        records_.last_json = to_json(*node, false);
        records_.last = std::move(*report);
    }

    /// Left as it is when the file is absent.
    template <class Value, class Parse>
    void read(std::string_view path, Parse parse, Value& value) {
        auto text = root_.read_text(path, record_limit);
        if (!text) {
            if (text.error().code != Errc::NotFound) flaw("", text.error());
            return;
        }
        auto parsed = parse(*text);
        if (!parsed) return flaw(path, parsed.error());
        value = std::move(*parsed);
    }

    /// A report that the note does not name is one of before.
    void read_gpu(const std::string& address) {
        const std::string path =
            std::string(names::gpu_directory) + "/" + report::note_name(address);
        auto text = root_.read_text(path, record_limit);
        if (!text) {
            if (text.error().code != Errc::NotFound) flaw("", text.error());
            return;
        }
        const auto note = report::note_of(*text);
        if (!note) return flaw(path, note.error());
        const model::Report* report = report_of_phase(note->phase);
        if (!report || report->began != note->began) {
            records_.gpus.emplace(address, std::nullopt);
            return;
        }
        const auto gpu = std::ranges::find(report->gpus, address,
                                           [](const auto& entry) { return entry.gpu.address; });
        if (gpu != report->gpus.end()) records_.gpus.emplace(address, *gpu);
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

    /// Null when there is none that can be read. Each is read once: init's tells of many GPUs.
    const model::Report* report_of_phase(const std::string& phase) {
        const auto known = reports_.find(phase);
        if (known != reports_.end()) return known->second ? &*known->second : nullptr;
        auto& place = reports_[phase];
        const std::string path = in_reports(phase + ".json");
        auto node = record(path);
        if (!node) return nullptr;
        auto report = report::report_of(*node);
        if (report)
            place = std::move(*report);
        else
            flaw(path, report.error());
        return place ? &*place : nullptr;
    }

    /// `path` is "" when the error names the file itself.
    void flaw(std::string_view path, const Error& error) {
        records_.flaws.push_back(path.empty() ? error.what : std::string(path) + ": " + error.what);
    }

    const Root& root_;
    Records& records_;
    std::map<std::string, std::optional<model::Report>> reports_; ///< by phase
};

} // namespace

Records read_records(const Root& root) {
    Records records;
    Reader reader(root, records);
    records.ready_stamp = root.exists(names::ready_stamp);
    records.driver_live = input::read_loaded_driver(root).has_value();
    reader.read_last();
    reader.read(names::progress, report::progress_of, records.progress);
    reader.read(names::kernels_record, report::kernel_answers_of, records.kernels);
    for (const std::string& name : reader.list(names::gpu_directory))
        if (const auto suffix = name.rfind(".toml"); suffix != std::string::npos)
            reader.read_gpu(name.substr(0, suffix));
    std::vector<std::uint32_t> jobs;
    for (const std::string& name : reader.list(names::report_directory))
        if (const std::uint32_t job = report::job_of_record_name(name)) jobs.push_back(job);
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
