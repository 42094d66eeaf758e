// SPDX-License-Identifier: LGPL-2.1-or-later
// status, why, version: the commands that tell what the phases left behind.
#include <algorithm>
#include <cstdio>

#include "base/document.hpp"
#include "base/names.hpp"
#include "cli/bus_client.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "decide/gpu_state.hpp"
#include "decide/lifecycle.hpp"
#include "flow/progress_note.hpp"
#include "input/gpus.hpp"
#include "input/loaded_driver.hpp"
#include "input/pin.hpp"
#include "input/policy.hpp"
#include "input/wanted.hpp"
#include "report/progress_record.hpp"
#include "report/record.hpp"
#include "report/story.hpp"

namespace gpuboot::cli {

namespace {

constexpr std::size_t report_limit = 1 << 20;

void print(const std::string& text) { std::fputs(text.c_str(), stdout); }

Result<Node> read_last_report(const Root& root) {
    auto text = root.read_text(names::last_report, report_limit);
    if (!text && text.error().code == Errc::NotFound)
        return fail(Errc::NotFound, "no phase has run in this boot: there is no " +
                                        std::string(names::last_report));
    if (!text) return forward(std::move(text).error());
    auto record = parse_json(*text);
    if (!record) return forward(std::move(record).error(), names::last_report);
    return record;
}

/// What the phases of the chain's last run said, in their order.
std::vector<model::Report> read_story(const Root& root, const std::string& boot_id) {
    std::vector<model::Report> story;
    for (const char* phase : {"check", "rebuild", "recheck", "init"}) {
        auto text = root.read_text(std::string(names::report_directory) + "/" + phase + ".json",
                                   report_limit);
        auto record = text ? parse_json(*text) : fail(Errc::NotFound, phase);
        auto report = record ? report::report_of(*record) : fail(Errc::NotFound, phase);
        if (!report || report->boot_id != boot_id) continue;
        // Older than the check: it belongs to an earlier run of the chain.
        if (story.empty() || report->at >= story.front().at) story.push_back(std::move(*report));
    }
    return story;
}

Node pin_record(const Root& root) {
    const auto reading = input::read_pin(root);
    if (!reading.pin.value) return Node(Table{});
    return Table{{"version", reading.pin.value->version},
                 {"kind", to_text(reading.pin.value->kind)}};
}

/// Asked now: what was said since the last phase counts from the next one on.
Node wanted_record(const Root& root) {
    const auto wanted = input::read_wanted(root, input::read_policy(root).policy);
    return Table{{"driver", wanted.driver}, {"by", wanted.by}};
}

/// As the report has them, with the state that the bus would tell.
Array with_states(const Node* gpus, decide::State machine) {
    Array told;
    if (!gpus) return told;
    for (Node gpu : std::get<Array>(gpus->value)) {
        const Node* ready = gpu.find("ready");
        const auto* truth = ready ? std::get_if<bool>(&ready->value) : nullptr;
        const decide::GpuSituation situation{true, gpu.text("driver"), false, truth && *truth,
                                             machine};
        std::get<Table>(gpu.value).push_back(
            {"state", decide::to_text(decide::state_of(situation))});
        told.push_back(std::move(gpu));
    }
    return told;
}

/// The same record without the daemon: from the files that the phases wrote.
Result<Node> read_status_directly(const Root& root) {
    auto record = read_last_report(root);
    if (!record) return record;
    auto report = report::report_of(*record);
    if (!report) return forward(std::move(report).error());
    const bool ready = root.exists(names::ready_stamp);
    const Node* gpus = record->find("gpus");
    auto present = root.is_system() ? input::read_gpus() : Result<std::vector<model::Gpu>>{};
    const decide::Situation situation{report->after.kind, ready, present && !present->empty(),
                                      false, input::read_loaded_driver(root).has_value()};
    const decide::State state = decide::state_of(situation);
    return Node(Table{{"state", to_text(state)},
                      {"verdict", to_text(report->after.kind)},
                      {"bake", report->after.bake},
                      {"kernel", report->host.kernel},
                      {"driver_version", report->loaded ? report->loaded->version : ""},
                      {"driver_kind", report->loaded ? to_text(report->loaded->kind) : ""},
                      {"gpus", with_states(gpus, state)},
                      {"report", std::move(*record)},
                      {"source", "direct"}});
}

/// Puts what both sources know into the documented shape.
Node complete(const Options& options, const Node& status) {
    Table out;
    for (const char* key : {"state", "verdict", "bake", "kernel"})
        out.push_back({key, status.text(key)});
    const Node* report = status.find("report");
    const Node* reasons = report ? report->find("reasons") : nullptr;
    out.push_back({"arch", report ? report->text("arch") : ""});
    out.push_back({"reasons", reasons ? *reasons : Node(Array{})});
    if (!status.text("driver_version").empty())
        out.push_back({"driver", Table{{"version", status.text("driver_version")},
                                       {"kind", status.text("driver_kind")}}});
    if (const auto progress = flow::read_progress(options.root))
        out.push_back({"progress", report::record_of(*progress)});
    out.push_back({"wanted", wanted_record(options.root)});
    out.push_back({"pin", pin_record(options.root)});
    out.push_back({"ready", options.root.exists(names::ready_stamp)});
    out.push_back({"gpus", *status.find("gpus")});
    out.push_back({"report", report ? *report : Node(Table{})});
    out.push_back({"source", status.text("source")});
    return out;
}

std::string gpu_line(const Node& gpu) {
    const std::string driver = gpu.text("driver"), node = gpu.text("node");
    return "     GPU  " + gpu.text("address") + " (" + gpu.text("pci_id") + ") " +
           (driver.empty() ? "no driver" : driver) + (node.empty() ? "" : " " + node) + " " +
           gpu.text("state") + "\n";
}

void print_status(const Root& root, const Node& status) {
    const auto line = [](const char* name, const std::string& value) {
        if (!value.empty()) std::printf("%8s  %s\n", name, value.c_str());
    };
    const Node* driver = status.find("driver");
    const Node* pin = status.find("pin");
    line("State", status.text("state"));
    if (const auto progress = flow::read_progress(root)) line("Progress", to_text(*progress));
    line("Verdict", status.text("verdict"));
    const Node* wanted = status.find("wanted");
    line("Wanted", (std::get<bool>(wanted->find("driver")->value) ? "yes, by " : "no, by ") +
                       wanted->text("by"));
    line("Pin", pin->text("version").empty()
                    ? "none"
                    : pin->text("version") + " (" + pin->text("kind") + ")");
    line("Driver",
         driver ? driver->text("version") + " (" + driver->text("kind") + ")" : "none loaded");
    line("Kernel", status.text("kernel"));
    line("Bake", status.text("bake"));
    for (const Node& gpu : std::get<Array>(status.find("gpus")->value))
        print(gpu_line(gpu));
    for (const Node& reason : std::get<Array>(status.find("reasons")->value))
        line("Reason", reason.text("text") + " [" + reason.text("code") + "]");
    if (status.text("source") == "direct")
        line("Source", "read from /run/gpuboot; gpubootd does not answer");
}

} // namespace

Result<int> status(const Options& options) {
    Result<Node> record = fail(Errc::NotFound, "offline");
    if (options.root.is_system()) {
        auto client = BusClient::connect();
        record = client ? client->read_status() : forward(client.error());
    }
    if (!record) record = read_status_directly(options.root);
    if (!record) return forward(std::move(record).error());
    const Node status = complete(options, *record);
    if (options.json)
        print(to_json(status) + "\n");
    else
        print_status(options.root, status);
    if (status.text("state") == "ready") return exit_ready;
    const auto verdict = model::verdict_kind_of(status.text("verdict"));
    if (!verdict || *verdict == model::VerdictKind::Ready) return exit_blocked;
    return exit_code_of(*verdict);
}

Result<int> why(const Options& options) {
    auto record = read_last_report(options.root);
    if (!record) return forward(std::move(record).error());
    auto last = report::report_of(*record);
    if (!last) return forward(std::move(last).error());
    const auto story = read_story(options.root, last->boot_id);
    if (!options.json) {
        print(report::to_story(story));
        return exit_code_of(last->after.kind);
    }
    Array phases;
    for (const model::Report& report : story)
        phases.push_back(report::record_of(report));
    std::get<Table>(record->value).push_back({"phases", std::move(phases)});
    print(to_json(*record) + "\n");
    return exit_code_of(last->after.kind);
}

Result<int> version(const Options& options) {
    const Node record = Table{{"gpuboot", GPUBOOT_VERSION}, {"pin", pin_record(options.root)}};
    const Node* pin = record.find("pin");
    const std::string pinned = pin->text("version");
    if (options.json)
        print(to_json(record) + "\n");
    else
        print("gpuboot " GPUBOOT_VERSION "\n" +
              (pinned.empty() ? "no driver is pinned\n"
                              : "driver " + pinned + " (" + pin->text("kind") + ") is pinned\n"));
    return exit_ready;
}

} // namespace gpuboot::cli
