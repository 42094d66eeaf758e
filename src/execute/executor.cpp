// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/executor.hpp"

#include <cctype>
#include <chrono>
#include <sstream>
#include <utility>

#include "base/names.hpp"
#include "execute/next.hpp"
#include "execute/record_text.hpp"
#include "input/kernel_log.hpp"
#include "report/cdi_record.hpp"

namespace gpuboot::execute {

namespace {

using namespace model;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::minutes unit_deadline{4}; // init has 5 for everything
constexpr std::chrono::seconds restart_deadline{60};
constexpr std::chrono::seconds enqueue_deadline{10};
constexpr std::string_view probe = GPUBOOT_LIBEXECDIR "/gpuboot-probe";

/// A telemetry unit that does not even get enqueued never fails a boot (S3-05), nor does the note
/// of a first load that a read-only disk does not take (F-25), nor what is told to containers.
bool tolerated(const Step& step) {
    const auto* unit = std::get_if<StartUnit>(&step);
    const auto* note = std::get_if<WriteRecord>(&step);
    return (unit && !unit->critical) || std::holds_alternative<DeferUnit>(step) ||
           std::holds_alternative<ReloadUnit>(step) || std::holds_alternative<WriteCdi>(step) ||
           std::holds_alternative<ConfigureRuntime>(step) ||
           (note && std::holds_alternative<Trial>(note->record));
}

/// The last line of what a tool printed: its own word on why it failed.
std::string last_line(std::string text) {
    while (text.ends_with('\n'))
        text.pop_back();
    return text.substr(text.rfind('\n') + 1);
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream rest(text);
    for (std::string line; std::getline(rest, line);)
        lines.push_back(line);
    return lines;
}

/// A name as the instance of a template, by the rules of systemd-escape(1).
std::string instance_of(std::string_view name) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string instance;
    for (const char c : name) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain =
            std::isalnum(byte) != 0 || c == ':' || c == '_' || (c == '.' && !instance.empty());
        if (plain)
            instance += c;
        else
            instance += {'\\', 'x', digits[byte / 16], digits[byte % 16]};
    }
    return instance;
}

/// What the tool printed.
Result<std::string> run_tool(Effects& effects, const Tool& tool) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(tool.deadline).count();
    auto result = effects.run(tool);
    if (!result) return forward(std::move(result).error());
    if (result->timed_out)
        return fail(Errc::Timeout, "no answer within " + std::to_string(seconds) + " s");
    if (!result->succeeded()) return fail(Errc::Io, last_line(result->output));
    return std::move(result->output);
}

/// systemctl(1) with these words; what it prints is its error.
Result<void> systemctl(Effects& effects, std::vector<std::string> words,
                       std::chrono::milliseconds deadline) {
    words.insert(words.begin(), "/usr/bin/systemctl");
    const auto done = run_tool(effects, {std::move(words), Tool{}.environment, deadline, {}});
    return done ? Result<void>{} : forward(done.error());
}

} // namespace

Execution Executor::run(const Plan& plan) {
    Execution execution;
    for (const Step& step : plan) {
        StepReport report{to_text(step), Outcome::Skipped, 0, ""};
        if (!execution.failure) {
            input::KernelLog kernel_log;
            const auto begin = Clock::now();
            auto done = std::visit([this](const auto& s) { return perform(s); }, step);
            report.usec =
                std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin).count();
            report.outcome = done ? Outcome::Done : Outcome::Failed;
            if (!done) report.error = done.error().what;
            if (!done && !tolerated(step))
                execution.failure = Failure{step, std::move(done).error(), kernel_log.complaint()};
        }
        execution.steps.push_back(std::move(report));
    }
    execution.remarks = std::exchange(remarks_, {});
    return execution;
}

Result<void> Executor::perform(const Activate& step) {
    if (auto made = effects_.ensure_directory(names::run_directory, 0755); !made) return made;
    const std::string_view store = step.vendor ? names::vendor_store : names::store;
    return effects_.replace_link(names::active_link, std::string(store) + "/" + step.bake);
}

Result<void> Executor::perform(const Deactivate&) {
    // A spec that leads into the bake would mislead every container that is started now.
    if (auto gone = effects_.remove(names::cdi_spec); !gone) return gone;
    return effects_.remove(names::active_link);
}

Result<void> Executor::perform(const LoadModule& step) {
    const auto image = images_.find(step.sha256);
    if (image == images_.end())
        return fail(Errc::Internal, "no verified bytes with digest " + step.sha256);
    for (const std::string& name : step.depends)
        if (auto loaded = effects_.load_system_module(name); !loaded) {
            // The kernel lacks it: that is no fault of the bake's, and its errno no answer to it.
            auto error = std::move(loaded).error().in("the kernel's own module " + name);
            error.code = Errc::Unsupported;
            return forward(std::move(error));
        }
    return effects_.load_module(step.name, image->second);
}

Result<void> Executor::perform(const UnloadModule& step) {
    return effects_.unload_module(step.name);
}

Result<void> Executor::perform(const StopUnit& step) {
    return systemctl(effects_, {"stop", "--", step.unit},
                     std::chrono::seconds(step.timeout_seconds));
}

Result<void> Executor::perform(const RequestRebuild&) {
    return leave_word(effects_, names::next_rebuild);
}

Result<void> Executor::perform(const RequestLoader&) {
    return leave_word(effects_, names::next_loader);
}

Result<void> Executor::perform(const SetFirmwarePath& step) {
    return effects_.write_setting(names::firmware_setting, step.path);
}

Result<void> Executor::perform(const MakeNode& step) {
    const auto folder = step.path.substr(0, step.path.rfind('/'));
    if (auto made = effects_.ensure_directory(folder, 0755); !made) return made;
    return effects_.make_node(step);
}

Result<void> Executor::perform(const MakeLink& step) {
    const auto folder = step.path.substr(0, step.path.rfind('/'));
    if (auto made = effects_.ensure_directory(folder, 0755); !made) return made;
    return effects_.replace_link(step.path, step.target);
}

Result<void> Executor::perform(const Remove& step) { return effects_.remove(step.path); }

Result<void> Executor::perform(const TestReady& step) {
    if (step.nodes.empty()) return fail(Errc::NotFound, "the driver serves no GPU");
    const std::chrono::seconds deadline(step.timeout_seconds);
    Tool tool{{std::string(probe)}, Tool{}.environment, deadline, {}};
    switch (step.test) {
    case ReadyTest::Bound: return {}; // the verdict on the nodes has said so already
    case ReadyTest::Open:
        tool.argv.emplace_back("open");
        tool.argv.insert(tool.argv.end(), step.nodes.begin(), step.nodes.end());
        break;
    case ReadyTest::Nvml:
        tool.argv.insert(tool.argv.end(), {"nvml", std::to_string(step.nodes.size())});
        break;
    }
    const auto said = run_tool(effects_, tool);
    if (!said) return forward(said.error());
    remarks_ = lines_of(*said);
    return {};
}

Result<void> Executor::perform(const TestFabric& step) {
    // It has its own deadline, behind which it tells what is missing; this one is for a call that
    // hangs.
    const std::chrono::seconds deadline(step.timeout_seconds + 10);
    const auto said =
        run_tool(effects_, {{std::string(probe), "fabric", std::to_string(step.timeout_seconds)},
                            Tool{}.environment,
                            deadline,
                            {}});
    return said ? Result<void>{} : forward(said.error());
}

Result<void> Executor::perform(const WriteCdi& step) {
    const std::string_view path = names::cdi_spec;
    if (auto made = effects_.ensure_directory(path.substr(0, path.rfind('/')), 0755); !made)
        return made;
    return effects_.replace_file(path, report::cdi_text(step.spec), 0644);
}

Result<void> Executor::perform(const WithdrawCdi&) { return effects_.remove(names::cdi_spec); }

Result<void> Executor::perform(const ConfigureRuntime& step) {
    for (const RuntimeFile& file : step.files) {
        const auto folder = file.path.substr(0, file.path.rfind('/'));
        if (auto made = effects_.ensure_directory(folder, 0755); !made) return made;
        if (auto put = effects_.replace_settings(file.path, file.text); !put) return put;
    }
    auto restarted = systemctl(effects_, {"try-restart", "--", step.unit}, restart_deadline);
    return restarted ? restarted : forward(std::move(restarted).error(), "restarting " + step.unit);
}

Result<void> Executor::perform(const StartUnit& step) {
    std::vector<std::string> words{"start", "--", step.unit};
    if (!step.critical) words.insert(words.begin(), "--no-block");
    return systemctl(effects_, std::move(words), unit_deadline);
}

/// A job of the unit's own would begin beside this phase; that of our unit waits for the target.
Result<void> Executor::perform(const DeferUnit& step) {
    const std::string behind = "gpuboot-enqueue@" + instance_of(step.unit) + ".service";
    return systemctl(effects_, {"--no-block", "start", "--", behind}, enqueue_deadline);
}

Result<void> Executor::perform(const ReloadUnit& step) {
    return systemctl(effects_, {"--no-block", "try-reload-or-restart", "--", step.unit},
                     enqueue_deadline);
}

Result<void> Executor::perform(const WriteRecord& step) {
    const std::string file = file_of(step.record), text = text_of(step.record);
    if (std::holds_alternative<BadBake>(step.record)) {
        // Also for the rest of this boot, in which no bake is tried twice whatever the disk takes.
        if (auto made = effects_.ensure_directory(names::tried_bad_directory, 0755); !made)
            return made;
        const std::string noted = std::string(names::tried_directory) + "/" + file;
        if (auto put = effects_.replace_file(noted, text, 0644); !put) return put;
    }
    const std::string path = path_of_record(file);
    const std::string folder = path.substr(0, path.rfind('/'));
    if (auto made = effects_.ensure_directory(folder, 0755); !made) return made;
    return effects_.replace_record(path, text);
}

Result<void> Executor::perform(const MarkReady&) {
    return effects_.replace_file(names::ready_stamp, "", 0644);
}

} // namespace gpuboot::execute
