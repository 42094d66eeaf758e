// SPDX-License-Identifier: LGPL-2.1-or-later
// gpuboot-phase: the engine as the units run it. A verdict is no failure of the unit: check and
// recheck end well whatever they found; rebuild, init and device say whether they did their work.
#include <fcntl.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hpp"
#include "base/log.hpp"
#include "base/names.hpp"
#include "execute/lock.hpp"
#include "execute/system_effects.hpp"
#include "flow/check.hpp"
#include "flow/containers.hpp"
#include "flow/deactivate.hpp"
#include "flow/device.hpp"
#include "flow/ended.hpp"
#include "flow/foreign.hpp"
#include "flow/guard.hpp"
#include "flow/init.hpp"
#include "flow/kernels.hpp"
#include "flow/purge.hpp"
#include "flow/rebuild.hpp"
#include "flow/request.hpp"
#include "flow/verify.hpp"
#include "flow/watch.hpp"
#include "model/pin.hpp"
#include "report/guard_telling.hpp"

namespace {

using namespace gpuboot;

constexpr int exit_usage = 2;
constexpr std::chrono::seconds lock_deadline{20}; // below the units' TimeoutStartSec

void tell(const Log& log, const std::vector<model::StepReport>& steps) {
    for (const model::StepReport& step : steps) {
        const std::string text = std::string(to_text(step.outcome)) + ": " + step.text;
        if (step.outcome == model::Outcome::Failed)
            log.error(text + ": " + step.error);
        else
            log.info(text);
    }
}

void tell(const Log& log, const model::Report& report) {
    tell(log, report.steps);
    log.info("verdict: " + std::string(to_text(report.after.kind)) +
             (report.after.bake.empty() ? "" : " " + report.after.bake));
    for (const model::Reason& reason : report.after.reasons)
        log.warning(to_text(reason) + " -- " + std::string(remedy_of(reason)));
}

/// Exit status of a phase that is done with its work only when this verdict stands behind it.
int finish(const Log& log, const Result<model::Report>& report, bool succeeded) {
    if (!report) {
        log.error(report.error().what);
        return EXIT_FAILURE;
    }
    tell(log, *report);
    return succeeded ? EXIT_SUCCESS : EXIT_FAILURE;
}

bool is(const Result<model::Report>& report, model::VerdictKind kind) {
    return report && report->after.kind == kind;
}

int run_rebuild(const Log& log, const flow::Machine& machine) {
    flow::BakeOptions options;
    options.force = flow::rebuild_is_forced(machine.root);
    options.on_progress = [](const execute::Progress& progress) {
        (void)sd_notifyf(0, "STATUS=%s", to_text(progress).c_str());
    };
    const auto report = flow::rebuild(machine, options);
    return finish(log, report,
                  is(report, model::VerdictKind::Fast) || is(report, model::VerdictKind::Ready));
}

/// Best effort: what cannot be baked now is told, and tried again behind the next boot.
int run_prebake(const Log& log, const flow::Machine& machine) {
    flow::BakeOptions options;
    options.on_progress = [](const execute::Progress& progress) {
        (void)sd_notifyf(0, "STATUS=%s", to_text(progress).c_str());
    };
    flow::tell_kernels(machine);
    const auto done = flow::serve_queue(machine, options);
    flow::tell_kernels(machine);
    if (!done) log.error(done.error().what);
    for (const flow::Prebaked& one : done ? *done : std::vector<flow::Prebaked>{})
        if (one.baked)
            log.info(one.kernel + ": bake " + one.baked->id);
        else
            log.warning(one.kernel + ": " + one.baked.error().what);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run_device(const Log& log, const flow::Machine& machine,
               const std::vector<std::string>& words) {
    if (words.size() != 3 || !model::is_pci_address(words[2])) {
        log.error("wanted: device add|bound|remove DDDD:BB:DD.F");
        return exit_usage;
    }
    if (words[1] == "remove") {
        // systemd.exec(5): any word but this one, and the GPU's phase died.
        const char* result = std::getenv("SERVICE_RESULT");
        const bool ended = result == nullptr || std::string_view(result) == "success";
        const auto removed = ended ? flow::remove_device(machine, words[2])
                                   : flow::abandon_device(machine, words[2]);
        if (!removed) log.error(removed.error().what);
        return removed ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    if (words[1] == "bound") {
        const auto bound = flow::bound_device(machine, words[2]);
        if (bound && !*bound) return EXIT_SUCCESS;
        return finish(log, bound ? Result<model::Report>(**bound) : forward(bound.error()),
                      bound.has_value());
    }
    const auto report = flow::add_device(machine, words[2]);
    // A GPU that is not ready is told, not failed: the unit must live for its removal to be seen.
    return finish(log, report, report.has_value());
}

/// After a phase: one that was killed could not say so.
int run_ended(const Log& log, const flow::Machine& machine, const std::vector<std::string>& words) {
    const bool device = words.size() == 2 && model::is_pci_address(words[1]);
    if (!device && !(words.size() == 2 && words[1] == "init")) {
        log.error("wanted: ended init|DDDD:BB:DD.F");
        return exit_usage;
    }
    const char* how = std::getenv("MONITOR_SERVICE_RESULT");
    const auto told =
        flow::tell_dead(machine, device ? "device-" + words[1] : words[1], how ? how : "no report");
    if (!told) log.error(told.error().what);
    return told ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run_refresh(const Log& log, const flow::Machine& machine) {
    const auto execution = flow::refresh(machine);
    if (!execution) log.error(execution.error().what);
    if (!execution || execution->failure) return EXIT_FAILURE;
    tell(log, execution->steps);
    return EXIT_SUCCESS;
}

int run_watch(const Log& log, const flow::Machine& machine) {
    const Fd kmsg(::open("/dev/kmsg", O_RDONLY | O_CLOEXEC));
    const bool opened = kmsg && ::lseek(kmsg.get(), 0, SEEK_END) >= 0;
    const auto ended = opened ? flow::watch(machine, kmsg.get()) : fail_errno("/dev/kmsg");
    if (!ended) log.error(ended.error().what);
    return ended ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run_purge(const Log& log, const flow::Machine& machine) {
    const auto purged = flow::purge_all(machine.root, machine.effects);
    flow::tell_kernels(machine);
    if (!purged) log.error(purged.error().what);
    for (const std::string& id : purged ? purged->ids : std::vector<std::string>{})
        log.info("purged " + id);
    return purged ? EXIT_SUCCESS : EXIT_FAILURE;
}

/// What a boot puts off until nobody waits. What was not collected now is so after the next boot.
int run_collect(const Log& log, const flow::Machine& machine) {
    if (flow::purge_is_wanted(machine)) return run_purge(log, machine);
    if (auto attended = flow::attend_devices(machine); !attended) log.error(attended.error().what);
    const auto damage = flow::verify_active(machine);
    if (!damage) log.error(damage.error().what);
    if (damage && *damage) log.error(to_text(**damage) + " -- " + std::string(remedy_of(**damage)));
    const auto purged = flow::collect(machine.root, machine.effects);
    flow::tell_kernels(machine);
    if (!purged) {
        log.error(purged.error().what);
        return EXIT_FAILURE;
    }
    for (const std::string& id : purged->ids)
        log.info("collected " + id);
    if (auto told = flow::tell_managed_gpu(machine.root); !told) log.error(told.error().what);
    return damage && !*damage ? EXIT_SUCCESS : EXIT_FAILURE;
}

/// Best effort: what stays is told, and is tried again after the next boot (S2-23).
int run_foreign(const Log& log, const flow::Machine& machine) {
    const auto teardown = flow::serve_foreign_policy(machine);
    if (!teardown) {
        log.error(teardown.error().what);
        return EXIT_FAILURE;
    }
    if (!*teardown) return EXIT_SUCCESS;
    for (const std::string& path : (*teardown)->removed)
        log.info("removed " + path);
    for (const model::Reason& reason : (*teardown)->kept)
        log.warning(to_text(reason) + " -- " + std::string(remedy_of(reason)));
    return EXIT_SUCCESS;
}

int run_guard(const Log& log, const flow::Machine& machine, const std::vector<std::string>& words) {
    const bool release = words.size() == 2 && words[1] == "release";
    if (words.size() != 1 && !release) {
        log.error("wanted: guard [release]");
        return exit_usage;
    }
    const auto guard = flow::guard_kernels(machine, release ? flow::GuardWish::Release
                                                            : flow::GuardWish::ByPolicy);
    if (!guard) log.error(guard.error().what);
    if (guard && !report::sentence_of(*guard).empty()) log.info(report::sentence_of(*guard));
    return guard ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run_request(const Log& log, const flow::Machine& machine) {
    const auto refused = flow::serve_requests(machine);
    if (!refused) {
        log.error(refused.error().what);
        return EXIT_FAILURE;
    }
    for (const std::string& text : *refused)
        log.warning("request refused: " + text);
    return EXIT_SUCCESS;
}

int run_locked(const Log& log, const flow::Machine& machine, const std::string& phase) {
    auto lock = execute::Lock::take(machine.root, machine.effects, lock_deadline);
    if (!lock) {
        log.error(lock.error().what);
        return EXIT_FAILURE;
    }
    if (phase != "init") return finish(log, flow::check(machine, phase), true);
    const auto report = flow::init(machine);
    return finish(log, report, is(report, model::VerdictKind::Ready) && report->ready);
}

int run_deactivate(const Log& log, const flow::Machine& machine) {
    auto lock = execute::Lock::take(machine.root, machine.effects, lock_deadline);
    const auto done = lock ? flow::deactivate(machine) : forward(lock.error());
    return finish(log, done ? Result<model::Report>(done->report) : forward(done.error()),
                  done && done->done);
}

/// Init, and where it found the active bake of no use: the check, which alone may load another one,
/// and init of that. Once: the second outcome stands.
int run_init(const Log& log, const flow::Machine& machine) {
    const int status = run_locked(log, machine, "init");
    if (!flow::recheck_is_wanted(machine.root)) return status;
    const Tool tool{{"/usr/bin/systemctl", "start", "--", std::string(names::recheck_unit),
                     std::string(names::loader_unit)},
                    Tool{}.environment,
                    std::chrono::minutes(1),
                    {}};
    const auto checked = machine.effects.run(tool);
    if (!checked || !checked->succeeded()) {
        log.error("the check could not be started again: " +
                  (checked ? checked->output : checked.error().what));
        return status;
    }
    return run_locked(log, machine, "init");
}

int run(const Log& log, const flow::Machine& machine, const std::vector<std::string>& words) {
    const std::string phase = words.empty() ? "" : words[0];
    if (phase == "check" || phase == "recheck") return run_locked(log, machine, phase);
    if (phase == "init") return run_init(log, machine);
    if (phase == "deactivate") return run_deactivate(log, machine);
    // The bake takes the lock itself; a request starts units that take it; and what a device phase
    // does to its own GPU's node must not wait minutes for a compile.
    if (phase == "rebuild") return run_rebuild(log, machine);
    if (phase == "prebake") return run_prebake(log, machine);
    if (phase == "refresh") return run_refresh(log, machine);
    if (phase == "watch") return run_watch(log, machine);
    if (phase == "collect") return run_collect(log, machine);
    if (phase == "foreign") return run_foreign(log, machine);
    if (phase == "guard") return run_guard(log, machine, words);
    if (phase == "request") return run_request(log, machine);
    if (phase == "device") return run_device(log, machine, words);
    if (phase == "ended") return run_ended(log, machine, words);
    log.error("wanted: check | recheck | rebuild | prebake | init | deactivate | refresh | watch | "
              "collect | "
              "foreign | guard [release] | request | "
              "device add|bound|remove ADDRESS | ended init|ADDRESS");
    return exit_usage;
}

} // namespace

int main(int count, char** words) {
    const Log log("gpuboot-phase");
    auto root = Root::open();
    if (!root) {
        log.error(root.error().what);
        return EXIT_FAILURE;
    }
    execute::SystemEffects effects(*root);
    return run(log, {*root, effects}, {words + 1, words + count});
}
