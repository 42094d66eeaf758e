// SPDX-License-Identifier: LGPL-2.1-or-later
#include "driver/sweep.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <functional>

#include "driver/scenarios.hpp"
#include "shim.h"

extern "C" {
__attribute__((weak)) extern struct shim_page* gpuboot_shim_page;
}

namespace gpuboot::crash {

namespace {

constexpr const char* kinds[SHIM_KINDS] = {"SIGKILL", "ENOSPC", "EIO",
                                           "EROFS",   "EDQUOT", "short write"};
constexpr int done = 0, refused = 1, killed = 2;

struct Fault {
    unsigned at = 0; ///< 0: none
    int kind = SHIM_KILL;
};

/// In a process of its own, with one fault. What it did is in the tree and in the page.
int run_with(const Fault& fault, const std::function<Result<void>()>& operation) {
    shim_page& page = *gpuboot_shim_page;
    page.count = 0;
    page.fired = 0;
    page.at = fault.at;
    page.kind = fault.kind;
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
        page.armed = 1;
        const bool succeeded = operation().has_value();
        page.armed = 0;
        ::_exit(succeeded ? done : refused);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    page.armed = 0;
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) return killed;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

bool applies(int kind, unsigned char call) { return kind != SHIM_SHORT || call == SHIM_WRITE; }

class Sweep {
  public:
    Sweep(const Scenario& scenario, const SweepOptions& options)
        : scenario_(scenario), options_(options), start_(options.scratch + "/start"),
          tree_(options.scratch + "/tree"), crashed_(options.scratch + "/crashed") {
        start_.remove();
        start_.make();
        scenario_.prepare(start_);
        before_ = start_.content();
        find_allowed();
    }

    void run() {
        const std::vector<unsigned char> calls = count_calls();
        for (unsigned at = 1; at <= calls.size(); ++at)
            for (int kind = 0; kind < SHIM_KINDS; ++kind)
                if (applies(kind, calls[at - 1])) single({at, kind});
        std::printf("%s sweep: %s: %zu calls, %zu runs\n", violations == 0 ? "ok" : "FAIL",
                    scenario_.name.c_str(), calls.size(), runs);
        std::fflush(nullptr);
    }

    std::size_t runs = 0, violations = 0;

  private:
    /// From what the operation does when nothing goes wrong.
    void find_allowed() {
        const auto first = visible(start_);
        tree_.become(start_);
        record_before_ = records();
        const auto result = scenario_.operate(tree_);
        if (!result) complain({}, "it fails without a fault: " + result.error().what);
        const auto last = visible(tree_);
        after_.records = during_.records = records();
        during_.records.insert(record_before_.begin(), record_before_.end());
        after_.must = last;
        for (const std::string& id : first) {
            const bool steady = last.contains(id) && !scenario_.unsteady.contains(id);
            (steady ? during_.must : during_.may).insert(id);
        }
        for (const std::string& id : last)
            if (!during_.must.contains(id)) during_.may.insert(id);
        during_.damaged = scenario_.damaged;
        during_.going = after_.going = scenario_.going;
        after_.may = during_.may;    // for what may change; `must` says what is there
        (void)crash::recover(tree_); // as after every run
        check({}, after_, {});
    }

    std::set<std::string> records() const {
        const std::string text = tree_.read(record);
        return {text.empty() ? "" : text.substr(0, text.find('\n'))};
    }

    std::vector<unsigned char> count_calls() {
        tree_.become(start_);
        if (run_with({}, [&] { return scenario_.operate(tree_); }) != done)
            complain({}, "it fails while its calls are counted");
        const unsigned count = std::min<unsigned>(gpuboot_shim_page->count, SHIM_CALLS);
        return {gpuboot_shim_page->calls, gpuboot_shim_page->calls + count};
    }

    void single(const Fault& fault) {
        tree_.become(start_);
        const int ended = run_with(fault, [&] { return scenario_.operate(tree_); });
        if (gpuboot_shim_page->fired == 0) return; // no such call this time: not a run
        ++runs;
        if ((ended == killed) != (fault.kind == SHIM_KILL) || ended == 99)
            return complain(fault, "it ended in another way than it should");
        const Allowed& allowed = ended == done ? after_ : during_;
        const bool twice = fault.kind == SHIM_KILL && scenario_.double_faults;
        if (twice) crashed_.become(tree_);
        const std::size_t calls = recover_and_check(fault, {}, allowed, ended == done);
        if (!twice) return;
        for (unsigned at = 1; at <= calls; ++at)
            for (int kind = 0; kind < (options_.whole ? SHIM_KINDS : SHIM_EIO); ++kind)
                second(fault, {at, kind}, allowed);
    }

    /// F-13: the recovery suffers as well.
    void second(const Fault& first, const Fault& fault, const Allowed& allowed) {
        tree_.become(crashed_);
        run_with(fault, [&] { return crash::recover(tree_); });
        if (gpuboot_shim_page->fired == 0) return;
        ++runs;
        recover_and_check(first, fault, allowed, false);
    }

    /// Returns how many calls the recovery made.
    std::size_t recover_and_check(const Fault& first, const Fault& then, const Allowed& allowed,
                                  bool reported) {
        const int ended = run_with({}, [&] { return crash::recover(tree_); });
        const std::size_t calls = gpuboot_shim_page->count;
        if (ended != done) complain(first, "the recovery fails");
        if (scenario_.next)
            if (const auto result = scenario_.next(tree_); !result)
                complain(first, "the next check fails: " + result.error().what);
        check(first, allowed, then);
        if (reported)
            for (const std::string& id : visible(tree_))
                if (!after_.must.contains(id)) complain(first, "V2: " + id + " came back");
        return calls;
    }

    void check(const Fault& first, const Allowed& allowed, const Fault& then) {
        std::string found = violation(tree_, allowed, before_);
        if (found.empty()) return;
        if (then.at != 0)
            found += ", after call " + std::to_string(then.at) + " of the recovery suffered " +
                     kinds[then.kind];
        complain(first, found);
    }

    void complain(const Fault& fault, const std::string& what) {
        if (++violations > 5) return; // the first ones tell
        std::printf("FAIL sweep: %s: call %u, %s: %s\n", scenario_.name.c_str(), fault.at,
                    kinds[fault.kind], what.c_str());
    }

    const Scenario& scenario_;
    const SweepOptions& options_;
    Tree start_, tree_, crashed_;
    std::map<std::string, std::string> before_;
    std::set<std::string> record_before_;
    Allowed during_, after_;
};

} // namespace

int sweep(const SweepOptions& options) {
    if (&gpuboot_shim_page == nullptr || gpuboot_shim_page == nullptr) {
        std::puts("FAIL sweep: the fault shim is not loaded");
        return 1;
    }
    std::size_t runs = 0, violations = 0;
    unsigned number = 0;
    for (const Scenario& scenario : scenarios(options.scratch)) {
        if (number++ % options.shards != options.shard) continue;
        Sweep sweep(scenario, options);
        sweep.run();
        runs += sweep.runs;
        violations += sweep.violations;
    }
    std::printf("runs %zu violations %zu\n", runs, violations);
    return violations == 0 ? 0 : 1;
}

} // namespace gpuboot::crash
