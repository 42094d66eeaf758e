// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/request.hpp"

#include <pwd.h>
#include <syslog.h>

#include "base/document.hpp"
#include "base/names.hpp"
#include "execute/next.hpp"
#include "flow/deactivate.hpp"
#include "input/policy.hpp"
#include "input/request.hpp"
#include "model/job.hpp"
#include "model/services.hpp"
#include "report/job_record.hpp"
#include "report/journal.hpp"

namespace gpuboot::flow {

namespace {

using namespace model;

constexpr std::uint32_t kept_records = 64;

/// Root where the daemon's user does not exist: then nobody but root is believed.
uid_t daemon_uid() {
    const passwd* entry = ::getpwnam(std::string(names::daemon_user).c_str());
    return entry ? entry->pw_uid : 0;
}

Result<void> write_job(execute::Effects& effects, const Job& job) {
    if (job.id == 0) return {};
    const std::string folder(names::report_directory);
    if (auto made = effects.ensure_directory(folder, 0755); !made) return made;
    if (job.id > kept_records) // numbers go up by one: so many are left, and no more
        (void)effects.remove(folder + "/" + report::record_name(job.id - kept_records));
    return effects.replace_file(folder + "/" + report::record_name(job.id),
                                to_json(report::record_of(job)) + "\n", 0644);
}

std::vector<std::string_view> units_of(Verb verb) {
    switch (verb) {
    case Verb::OptIn: return {ready_target}; // which pulls the chain in
    case Verb::Check:
        return {names::check_unit, names::rebuild_unit, names::recheck_unit, names::loader_unit,
                names::init_unit};
    case Verb::Rebuild:
        return {names::rebuild_unit, names::recheck_unit, names::loader_unit, names::init_unit};
    case Verb::Init: return {names::init_unit};
    case Verb::Deactivate:
    case Verb::OptOut: return {names::deactivate_unit, names::loader_unit};
    }
    return {};
}

/// A rebuild that a person asks for is a new try: what failed in this boot is forgotten.
Result<void> prepare_rebuild(const Machine& machine, bool force) {
    execute::Effects& effects = machine.effects;
    if (auto forgot = effects.remove_tree(names::tried_directory); !forgot) return forgot;
    return execute::leave_word(effects, names::next_rebuild, force ? "force" : "");
}

Result<void> start_units(const Machine& machine, Verb verb) {
    const auto policy = input::read_policy(machine.root).policy;
    // The chain's units have deadlines of their own; this one is for a systemd that never answers.
    Tool tool{{"/usr/bin/systemctl", "start", "--"},
              Tool{}.environment,
              std::chrono::seconds(policy.rebuild_timeout_seconds + 300),
              {}};
    for (std::string_view unit : units_of(verb))
        tool.argv.emplace_back(unit);
    auto result = machine.effects.run(tool);
    if (!result) return forward(std::move(result).error());
    if (result->timed_out) return fail(Errc::Timeout, "systemd did not finish the units in time");
    if (!result->succeeded()) return fail(Errc::Io, result->output.substr(0, 1000));
    return {};
}

std::string last_verdict(const Root& root) {
    auto text = root.read_text(names::last_report, 1 << 20);
    auto record = text ? parse_json(*text) : fail(Errc::NotFound, "");
    return record ? record->text("verdict") : "";
}

Result<void> serve(const Machine& machine, Job job) {
    Result<void> done;
    if (job.request.verb == Verb::Rebuild) done = prepare_rebuild(machine, job.request.force);
    if (job.request.verb == Verb::OptIn) done = opt_in(machine.root, machine.effects);
    if (done) done = start_units(machine, job.request.verb);
    // Also where somebody works with the GPUs still: the next boot leaves them alone.
    if (job.request.verb == Verb::OptOut)
        if (auto noted = opt_out(machine.effects); !noted) done = std::move(noted);
    job.state = done ? JobState::Done : JobState::Failed;
    job.verdict = last_verdict(machine.root);
    if (!done) job.error = done.error().what;
    return write_job(machine.effects, job);
}

Result<void> discard(execute::Effects& effects, const std::string& path) {
    auto removed = effects.remove(path);
    return removed ? removed : effects.remove_tree(path);
}

} // namespace

Result<std::vector<std::string>> serve_requests(const Machine& machine) {
    std::vector<std::string> refused;
    auto entries = machine.root.list(names::want_directory);
    if (!entries && entries.error().code == Errc::NotFound) return refused;
    if (!entries) return forward(std::move(entries).error());
    for (const std::string& name : *entries) {
        if (name.starts_with('.')) continue; // still being written
        const std::string path = std::string(names::want_directory) + "/" + name;
        auto job = input::read_request(machine.root, path, daemon_uid());
        // Its record comes first: a daemon that restarts in between must know the number is taken.
        if (job) {
            job->state = JobState::Running;
            if (auto noted = write_job(machine.effects, *job); !noted)
                return forward(std::move(noted).error());
        }
        // Gone before it is served: a request that cannot be removed would be served for ever.
        if (auto gone = discard(machine.effects, path); !gone)
            return forward(std::move(gone).error());
        if (!job) {
            refused.push_back(job.error().what);
            report::send_event(names::request_refused, LOG_WARNING,
                               "request refused: " + job.error().what, {{"GPUBOOT_PATH", path}});
            continue;
        }
        if (auto served = serve(machine, std::move(*job)); !served)
            return forward(std::move(served).error());
    }
    return refused;
}

} // namespace gpuboot::flow
