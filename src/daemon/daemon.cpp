// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/daemon.hpp"

#include <sys/utsname.h>
#include <systemd/sd-daemon.h>

#include "base/names.hpp"
#include "bus/trampoline.hpp"
#include "decide/lifecycle.hpp"
#include "report/sentences.hpp"

namespace gpuboot::daemon {

namespace {

std::string running_kernel() {
    utsname name{};
    return ::uname(&name) == 0 ? name.release : "";
}

} // namespace

Daemon::Daemon(const Root& root, const Log& log, sd_bus* bus, Jobs::Patience patience)
    : root_(root), log_(log), bus_(bus), kernel_(running_kernel()), manager_(bus, *this, log),
      jobs_(bus, manager_, root, log, patience, [this] { refresh_soon(); }),
      monitor_([this] { refresh_soon(); }, log),
      run_directory_(
          root, names::run_directory, [this] { refresh_soon(); }, log),
      report_directory_(
          root, names::report_directory, [this] { refresh_soon(); }, log),
      gpu_directory_(root, names::gpu_directory, [this] { refresh_soon(); }, log) {}

Result<void> Daemon::start(sd_event* loop) {
    sd_event_source* source = nullptr;
    const int result = sd_event_add_defer(loop, &source, bus::on_event<&Daemon::on_refresh>, this);
    refresh_.reset(source);
    if (auto made = bus::checked(result, "making an event source"); !made) return made;
    if (auto started = manager_.publish(); !started) return started;
    if (auto started = jobs_.start(loop); !started) return started;
    // Watching comes before reading, so that nothing falls between the two.
    if (auto started = run_directory_.start(loop); !started) return started;
    if (auto started = report_directory_.start(loop); !started) return started;
    if (auto started = gpu_directory_.start(loop); !started) return started;
    if (auto started = monitor_.start(loop); !started) return started;
    return on_refresh();
}

void Daemon::refresh_soon() {
    // Fails only for a source that is gone, and this one lives as long as the daemon.
    (void)sd_event_source_set_enabled(refresh_.get(), SD_EVENT_ONESHOT);
}

Result<void> Daemon::on_refresh() {
    records_ = read_records(root_);
    log_new_flaws();
    if (auto followed = jobs_.follow(records_.jobs); !followed) return followed;
    state_ = state();
    if (auto shown = show_gpus(); !shown) return shown;
    bus::Status now = status();
    if (now.state != told_state_) {
        told_state_ = now.state;
        (void)sd_notifyf(0, "STATUS=State: %s", told_state_.c_str()); // nobody may be listening
    }
    if (auto shown = manager_.show(std::move(now)); !shown) return shown;
    return jobs_.tell_ended();
}

void Daemon::log_new_flaws() {
    for (const std::string& flaw : records_.flaws)
        if (!known_flaws_.contains(flaw)) log_.warning(flaw);
    known_flaws_ = {records_.flaws.begin(), records_.flaws.end()};
}

Result<void> Daemon::show_gpus() {
    if (auto withdrawn = withdraw_gpus(); !withdrawn) return withdrawn;
    for (const auto& [address, gpu] : monitor_.gpus())
        if (auto shown = show_gpu(gpu); !shown) return shown;
    return {};
}

/// Those that are gone, and those in whose slot another model sits now.
Result<void> Daemon::withdraw_gpus() {
    for (auto entry = gpus_.begin(); entry != gpus_.end();) {
        const auto present = monitor_.gpus().find(entry->first);
        if (present != monitor_.gpus().end() &&
            present->second.pci_id == entry->second->gpu().gpu.pci_id) {
            ++entry;
            continue;
        }
        model::GpuReport last = entry->second->gpu();
        last.ready = false;
        if (auto told = entry->second->show(last, decide::GpuState::Gone); !told) return told;
        if (auto told = entry->second->tell_removed(); !told) return told;
        entry = gpus_.erase(entry);
    }
    return {};
}

Result<void> Daemon::show_gpu(const model::Gpu& gpu) {
    const auto noted = records_.gpus.find(gpu.address);
    const bool begun = noted != records_.gpus.end();
    const auto reported = begun ? noted->second : std::nullopt;
    model::GpuReport now = reported.value_or(model::GpuReport{});
    now.gpu = gpu; // udev knows better than a report from before
    decide::GpuSituation situation{true, gpu.driver, begun && !reported, {}, state_};
    if (reported) situation.ready = reported->ready;
    const decide::GpuState state = decide::state_of(situation);
    now.ready = state == decide::GpuState::Ready;
    if (const auto shown = gpus_.find(gpu.address); shown != gpus_.end())
        return shown->second->show(now, state);
    auto object = std::make_unique<bus::Gpu>(bus_, now, state);
    if (auto published = object->publish(); !published) return published;
    return gpus_.emplace(gpu.address, std::move(object)).first->second->tell_added();
}

decide::State Daemon::state() const {
    decide::Situation situation;
    situation.ready_stamp = records_.ready_stamp;
    situation.gpu_present = !monitor_.gpus().empty();
    situation.job_open = jobs_.any_open();
    situation.driver_live = records_.driver_live;
    if (records_.last) situation.verdict = records_.last->after.kind;
    return decide::state_of(situation);
}

bus::Status Daemon::status() const {
    bus::Status status;
    status.state = to_text(state_);
    status.kernel = kernel_;
    status.progress = records_.progress;
    status.kernels = records_.kernels;
    for (model::KernelAnswer& answer : status.kernels)
        if (answer.kernel == records_.progress.kernel)
            answer.answer = model::building(records_.progress);
    for (const auto& [address, gpu] : gpus_)
        status.gpus.paths.push_back(gpu->path());
    if (const auto& last = records_.last) {
        status.verdict = to_text(last->after.kind);
        status.reasons = last->after.reasons;
        status.bake = last->after.bake;
        status.report = records_.last_json;
        if (!last->host.kernel.empty()) status.kernel = last->host.kernel;
        if (last->loaded && records_.driver_live) {
            status.driver_version = last->loaded->version;
            status.kind = to_text(last->loaded->kind);
        }
    }
    return status;
}

Result<std::string> Daemon::request(const model::Request& request) {
    return jobs_.request(request);
}

std::string Daemon::explanation() const {
    if (!records_.last) return "No phase of gpuboot has reported since this machine booted.";
    return report::to_sentences(*records_.last);
}

} // namespace gpuboot::daemon
