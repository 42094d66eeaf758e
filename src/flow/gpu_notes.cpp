// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/gpu_notes.hpp"

#include <sys/sysmacros.h>

#include <algorithm>

#include "base/document.hpp"
#include "base/names.hpp"
#include "report/gpu_note.hpp"
#include "report/record.hpp"

namespace gpuboot::flow {

namespace {

using namespace model;

constexpr std::size_t note_limit = 4096;
constexpr std::size_t report_limit = 1 << 20;

std::string note_path(const std::string& address) {
    return std::string(names::gpu_directory) + "/" + report::note_name(address);
}

Result<void> write_note(execute::Effects& effects, const std::string& address,
                        const GpuNote& note) {
    return effects.replace_file(note_path(address), report::note_text(note), 0644);
}

/// An empty one when it left none that can be read.
Report read_report(const Root& root, const std::string& phase) {
    auto text = root.read_text(report_path(phase), report_limit);
    auto record = text ? parse_json(*text) : fail(Errc::NotFound, "");
    auto report = record ? report::report_of(*record) : forward(record.error());
    return report ? std::move(*report) : Report{};
}

} // namespace

GpuNote read_note(const Root& root, const std::string& address) {
    auto text = root.read_text(note_path(address), note_limit);
    auto note = text ? report::note_of(*text) : fail(Errc::NotFound, "");
    return note ? std::move(*note) : GpuNote{};
}

Result<void> note_begin(const Machine& machine, const Run& run,
                        const std::vector<std::string>& addresses) {
    if (auto made = machine.effects.ensure_directory(names::gpu_directory, 0755); !made)
        return made;
    for (const std::string& address : addresses) {
        GpuNote note = read_note(machine.root, address);
        note.phase = run.phase();
        note.began = run.began();
        if (auto put = write_note(machine.effects, address, note); !put) return put;
    }
    return {};
}

Result<void> note_nodes(const Machine& machine, const DeviceFacts& devices,
                        const std::string& address) {
    for (const ServedGpu& gpu : devices.served) {
        if (!address.empty() && gpu.address != address) continue;
        GpuNote note = read_note(machine.root, gpu.address);
        note.node = gpu_node(gpu.minor);
        note.major = devices.frontend_major.value_or(0);
        note.minor = gpu.minor;
        if (auto put = write_note(machine.effects, gpu.address, note); !put) return put;
    }
    return {};
}

Plan plan_removal(const Root& root, const std::string& address) {
    const GpuNote note = read_note(root, address);
    if (!note.node.starts_with("/dev/")) return {};
    const std::string link =
        "/dev/char/" + std::to_string(note.major) + ":" + std::to_string(note.minor);
    Plan steps;
    if (auto target = root.read_link(link); target && *target == "../" + note.node.substr(5))
        steps.push_back(Remove{link});
    auto status = root.status(note.node);
    if (status && S_ISCHR(status->st_mode) && status->st_rdev == makedev(note.major, note.minor))
        steps.push_back(Remove{note.node});
    return steps;
}

Result<void> forget_gpu(execute::Effects& effects, const std::string& address) {
    if (auto removed = effects.remove(report_path("device-" + address)); !removed) return removed;
    return effects.remove(note_path(address));
}

std::optional<GpuReport> read_word(const Root& root, const std::string& address) {
    const GpuNote note = read_note(root, address);
    if (note.phase.empty()) return std::nullopt;
    const Report report = read_report(root, note.phase);
    const auto word = std::ranges::find(report.gpus, address,
                                        [](const GpuReport& entry) { return entry.gpu.address; });
    if (report.began != note.began || word == report.gpus.end()) return std::nullopt;
    return *word;
}

std::vector<std::string> left_behind(const Root& root, const std::string& phase) {
    std::vector<std::string> addresses;
    const std::int64_t told = read_report(root, phase).began;
    const auto names = root.list(names::gpu_directory);
    for (const std::string& name : names.value_or(std::vector<std::string>{})) {
        const std::string address = name.substr(0, name.rfind('.'));
        const GpuNote note = read_note(root, address);
        if (note.phase == phase && note.began != told) addresses.push_back(address);
    }
    return addresses;
}

} // namespace gpuboot::flow
