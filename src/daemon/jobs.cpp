// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/jobs.hpp"

#include <time.h>

#include <algorithm>

#include "bus/trampoline.hpp"
#include "daemon/records.hpp"
#include "daemon/request_file.hpp"

namespace gpuboot::daemon {

namespace {

using model::JobState;

constexpr std::size_t most_open = 5; // one runs, four wait

std::uint64_t microseconds(std::chrono::seconds span) {
    return static_cast<std::uint64_t>(std::chrono::microseconds(span).count());
}

} // namespace

Jobs::Jobs(sd_bus* bus, const bus::Manager& manager, const Root& root, const Log& log,
           Patience patience, std::function<void()> on_change)
    : bus_(bus), manager_(manager), root_(root), log_(log), patience_(patience),
      on_change_(std::move(on_change)) {}

Result<void> Jobs::start(sd_event* loop) {
    sd_event_source* source = nullptr;
    int result = sd_event_add_time(loop, &source, CLOCK_MONOTONIC, UINT64_MAX, 0,
                                   bus::on_event<&Jobs::on_overdue>, this);
    timer_.reset(source);
    if (result >= 0) result = sd_event_source_set_enabled(source, SD_EVENT_OFF);
    return bus::checked(result, "making the timer for jobs");
}

bus::Job* Jobs::find(std::uint32_t id) const {
    const auto found = jobs_.find(id);
    return found == jobs_.end() ? nullptr : found->second.get();
}

bus::Job* Jobs::head() const {
    bus::Job* oldest_waiting = nullptr;
    for (const auto& [id, job] : jobs_) {
        if (job->job().state == JobState::Running) return job.get();
        if (job->job().state == JobState::Queued && !oldest_waiting) oldest_waiting = job.get();
    }
    return oldest_waiting;
}

bool Jobs::any_open() const { return head() != nullptr; }

std::size_t Jobs::open_count() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        jobs_, [](const auto& entry) { return !entry.second->job().ended(); }));
}

Result<std::string> Jobs::request(const model::Request& request) {
    for (const auto& [id, job] : jobs_)
        if (!job->job().ended() && job->job().request == request) return job->path();
    if (open_count() >= most_open)
        return fail(Errc::Busy, std::to_string(most_open) + " jobs have not ended yet; try later");
    model::Job job;
    job.id = newest_ + 1;
    job.request = request;
    if (auto written = write_request(root_, job); !written)
        return forward(std::move(written).error());
    auto added = add(job);
    if (!added) return forward(std::move(added).error());
    on_change_();
    return (*added)->path();
}

Result<bus::Job*> Jobs::add(const model::Job& job) {
    newest_ = std::max(newest_, job.id);
    auto object = std::make_unique<bus::Job>(bus_, job);
    if (auto published = object->publish(); !published)
        return forward(std::move(published).error());
    bus::Job* const added = jobs_.insert_or_assign(job.id, std::move(object)).first->second.get();
    if (auto told = added->tell_added(); !told) return forward(std::move(told).error());
    if (auto told = manager_.tell_job_new(job, added->path()); !told)
        return forward(std::move(told).error());
    if (job.ended()) ended_.push_back(job.id);
    return added;
}

Result<void> Jobs::change(bus::Job& job, const model::Job& now) {
    if (job.job().ended() || job.job() == now) return {}; // an end is final
    if (now.ended()) ended_.push_back(now.id);
    return job.show(now);
}

Result<void> Jobs::end_all(JobState state, const std::string& error) {
    for (const auto& [id, job] : jobs_) {
        if (job->job().state != state) continue;
        model::Job now = job->job();
        log_.warning("job " + std::to_string(id) + ": " + error);
        now.state = JobState::Failed;
        now.error = error;
        if (auto changed = change(*job, now); !changed) return changed;
    }
    return {};
}

Result<void> Jobs::follow(const std::map<std::uint32_t, model::Job>& on_disk) {
    for (const auto& [id, now] : on_disk) {
        bus::Job* const known = find(id);
        if (!known && id <= forgotten_) continue; // its record outlives it
        const bool begins =
            now.state == JobState::Running && (!known || known->job().state == JobState::Queued);
        if (begins) {
            // Phases run one at a time: one that still "runs" was killed and could not say so.
            auto ended = end_all(JobState::Running, "its phase ended without a result");
            if (!ended) return ended;
        }
        if (known) {
            model::Job next = now;
            next.request = known->job().request; // we wrote it; the record may say less
            if (auto changed = change(*known, next); !changed) return changed;
        } else if (auto added = add(now); !added) {
            return forward(std::move(added).error());
        }
    }
    return wait_for_head();
}

Result<void> Jobs::tell_ended() {
    for (const std::uint32_t id : std::exchange(ended_, {})) {
        const bus::Job* job = find(id);
        if (!job) continue;
        if (auto told = manager_.tell_job_removed(job->job(), job->path()); !told) return told;
    }
    return forget_oldest();
}

Result<void> Jobs::forget_oldest() {
    for (auto entry = jobs_.begin(); jobs_.size() > jobs_kept && entry != jobs_.end();) {
        if (!entry->second->job().ended()) {
            ++entry;
            continue;
        }
        if (auto told = entry->second->tell_removed(); !told) return told;
        forgotten_ = entry->first;
        entry = jobs_.erase(entry);
    }
    return {};
}

Result<void> Jobs::wait_for_head() {
    const bus::Job* const awaited = head();
    const model::Job now = awaited ? awaited->job() : model::Job{};
    if (now == awaited_) return {}; // its time runs already
    awaited_ = now;
    if (!awaited)
        return bus::checked(sd_event_source_set_enabled(timer_.get(), SD_EVENT_OFF), "job timer");
    const auto patience = now.state == JobState::Running ? patience_.running : patience_.queued;
    int result = sd_event_source_set_time_relative(timer_.get(), microseconds(patience));
    if (result >= 0) result = sd_event_source_set_enabled(timer_.get(), SD_EVENT_ONESHOT);
    return bus::checked(result, "job timer");
}

Result<void> Jobs::on_overdue(std::uint64_t) {
    on_change_();
    if (awaited_.state == JobState::Running)
        return end_all(JobState::Running, "its phase did not end in time");
    for (const auto& [id, job] : jobs_) {
        if (job->job().state != JobState::Queued) continue;
        // What is reported as failed must not run after all.
        if (auto withdrawn = withdraw_request(root_, id); !withdrawn) return withdrawn;
    }
    return end_all(JobState::Queued, "gpuboot-request.path did not start it in time");
}

} // namespace gpuboot::daemon
