// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/watch.hpp"

#include <poll.h>
#include <syslog.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/names.hpp"
#include "decide/gpu_trouble.hpp"
#include "decide/services.hpp"
#include "flow/containers.hpp"
#include "flow/gpu_notes.hpp"
#include "flow/look.hpp"
#include "input/device_users.hpp"
#include "input/fabric.hpp"
#include "input/gpu_trouble.hpp"
#include "report/journal.hpp"

namespace gpuboot::flow {

namespace {

using namespace model;

Result<void> tell(const Machine& machine, const GpuTrouble& trouble) {
    const auto word = read_word(machine.root, trouble.address);
    if (!word) return {}; // none that we made ready
    auto told = refresh_cdi(machine, trouble.address);
    const GpuNote note = read_note(machine.root, trouble.address);
    auto users = input::read_node_users(machine.root, note.major, note.minor).users;
    if (trouble.kind == GpuTrouble::Kind::RemovalWaits) {
        const Plan let_go = decide::plan_let_go(users);
        const input::Images none;
        (void)execute::Executor(machine.effects, none).run(let_go);
        // Nobody else is in the way: the kernel goes on, and the device's unit ends.
        if (!let_go.empty() && users.empty()) return told ? Result<void>{} : forward(told.error());
    }
    const Reason reason = decide::reason_of(trouble, users);
    auto world = look(machine.root);
    if (!world) return forward(std::move(world).error());
    const Verdict verdict{VerdictKind::Blocked, "", {reason}};
    Run run(machine, "device-" + trouble.address, world->facts, verdict);
    if (auto noted = note_begin(machine, run, {trouble.address}); !noted) return noted;
    run.report().gpus = {*word};
    run.report().gpus.front().ready = false;
    report::send_event(names::gpu_changed, LOG_WARNING, to_text(reason),
                       {{"GPUBOOT_PATH", trouble.address}});
    run.finish(world->facts, verdict);
    return told ? Result<void>{} : forward(told.error());
}

/// Has nodes and CDI spec made anew when MIG's instances are others than before.
class Instances {
  public:
    explicit Instances(const Machine& machine)
        : machine_(machine), known_(input::read_mig_instances(machine.root)) {}

    /// How long until the next look: by the second where there may be any, which costs a few
    /// system calls, and hardly ever where no GPU can have one.
    std::chrono::milliseconds patience() const {
        return std::max(ceil<std::chrono::milliseconds>(looked_ + period() - Clock::now()),
                        std::chrono::milliseconds(0));
    }

    void look() {
        if (Clock::now() < looked_ + period()) return;
        looked_ = Clock::now();
        auto found = input::read_mig_instances(machine_.root);
        if (found == known_ || ask()) known_ = std::move(found);
    }

  private:
    using Clock = std::chrono::steady_clock;

    /// What cannot be asked for is asked for again at the next look.
    bool ask() {
        const input::Images none;
        const auto asked = execute::Executor(machine_.effects, none)
                               .run({StartUnit{std::string(names::refresh_unit), false}});
        return asked.steps.front().outcome == Outcome::Done;
    }

    std::chrono::seconds period() const { return std::chrono::seconds(known_ ? 1 : 10); }

    const Machine& machine_;
    std::optional<std::vector<std::string>> known_;
    Clock::time_point looked_ = Clock::now();
};

} // namespace

Result<void> watch(const Machine& machine, int kmsg) {
    std::array<char, 8192> record{}; // CONSOLE_EXT_LOG_MAX: one read(2) gives one record
    Instances instances(machine);
    for (;;) {
        pollfd said{kmsg, POLLIN, 0};
        const int polled = ::poll(&said, 1, static_cast<int>(instances.patience().count()));
        if (polled < 0 && errno != EINTR) return fail_errno("waiting for the kernel's log");
        instances.look();
        if (polled <= 0) continue;
        const ssize_t got = ::read(kmsg, record.data(), record.size());
        if (got < 0 && (errno == EPIPE || errno == EINTR)) continue; // overwritten: read on
        if (got < 0) return fail_errno("reading the kernel's log");
        if (got == 0) return {};
        const auto trouble = input::trouble_in({record.data(), static_cast<std::size_t>(got)});
        if (!trouble) continue;
        if (auto told = tell(machine, *trouble); !told)
            report::send_event(names::gpu_changed, LOG_ERR,
                               trouble->address + ": " + told.error().what, {});
    }
}

} // namespace gpuboot::flow
