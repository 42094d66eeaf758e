// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/acting.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "base/document.hpp"
#include "base/names.hpp"
#include "decide/devices.hpp"
#include "decide/judge.hpp"
#include "decide/judge_admission.hpp"
#include "decide/plan.hpp"
#include "decide/running.hpp"
#include "flow/keeping.hpp"

namespace gpuboot::flow {

namespace {

using namespace model;

std::vector<std::string> live_modules(const Facts& facts) {
    return facts.loaded ? facts.loaded->modules : std::vector<std::string>{};
}

std::string line_of(const execute::Failure& failure) {
    return failure.kernel_line.empty() ? failure.error.what : failure.kernel_line;
}

constexpr int undecided_limit = 3;

/// So that no bake is loaded twice in one boot, and the verdict can say why.
Result<void> remember_refusal(execute::Effects& effects, const LoadModule& step,
                              const execute::Failure& failure) {
    const std::string folder(names::tried_directory);
    const Node record = Table{{"bake", step.bake},
                              {"module", step.name},
                              {"errno", failure.error.sys},
                              {"kernel_line", line_of(failure)}};
    if (auto made = effects.ensure_directory(folder, 0755); !made) return made;
    return effects.replace_file(folder + "/load-" + step.bake + ".json", to_json(record) + "\n",
                                0644);
}

bool unloads(const Plan& plan) {
    return std::ranges::any_of(
        plan, [](const Step& step) { return std::holds_alternative<UnloadModule>(step); });
}

/// One pass of the phase over the machine.
class Acting {
  public:
    Acting(const Machine& machine, input::World& world, Run& run, const LookAgain& look_again)
        : machine_(machine), world_(world), run_(run), look_again_(look_again),
          executor_(machine.effects, world.images) {}

    /// Each turn but the last rules one more bake out, or finds that another loader is at it.
    Result<Verdict> run() {
        if (auto right = put_records_right(machine_, world_, executor_, run_, look_again_); !right)
            return forward(std::move(right).error());
        Verdict verdict = decide::judge(facts());
        for (;;) {
            const auto before = live_modules(facts());
            const Plan plan = decide::plan(facts(), verdict);
            replacing_ = unloads(plan) ? std::optional(facts()) : std::nullopt;
            const auto execution = executor_.run(plan);
            run_.add(execution);
            // It spoke of the driver that made way.
            if (replacing_ && !execution.failure) (void)machine_.effects.remove(names::ready_stamp);
            std::optional<Reason> broken;
            if (execution.failure) broken = recover(before, *execution.failure);
            auto next = judge_again();
            if (!next) return next;
            verdict = std::move(*next);
            if (execution.failure) keep_refusal(executor_, run_, facts(), *execution.failure);
            if (broken) {
                verdict.kind = VerdictKind::Blocked;
                verdict.reasons.push_back(std::move(*broken));
            }
            if (verdict.kind != VerdictKind::Fast && replaced_ && !facts().loaded)
                return put_back(std::move(verdict));
            if (broken || (!execution.failure && decided(verdict))) return verdict;
        }
    }

  private:
    Facts& facts() { return world_.facts; }

    /// Takes a half-done plan back. The reason, if trying another bake makes no sense.
    std::optional<Reason> recover(const std::vector<std::string>& before,
                                  const execute::Failure& failure) {
        (void)look_again_(world_); // unread, the plan only undoes less
        if (std::holds_alternative<UnloadModule>(failure.step) ||
            std::holds_alternative<StopUnit>(failure.step)) {
            // All or nothing (F-79): what has gone already comes back, the very same bytes.
            run_.add(executor_.run(decide::plan_restore(*replacing_, live_modules(facts()))));
            return decide::reason_of(failure.step, failure.error.what);
        }
        if (replacing_) replaced_ = std::move(replacing_);
        const auto kept = replaced_ ? std::vector<std::string>{} : before;
        run_.add(executor_.run(decide::plan_undo(kept, live_modules(facts()))));
        const auto* load = std::get_if<LoadModule>(&failure.step);
        if (!load) return decide::reason_of(failure.step, failure.error.what);
        if (decide::may_pass(failure.error.sys) && again_.insert(load->bake).second)
            return std::nullopt; // the same bake is judged fit again, and loaded once more
        refused_.push_back({load->bake, load->name, failure.error.sys, line_of(failure)});
        if (auto noted = remember_refusal(machine_.effects, *load, failure); !noted)
            return Reason{ReasonCode::StepFailed, "remember the refused load", "done",
                          noted.error().what};
        return std::nullopt;
    }

    /// The second verdict. A refusal of this run counts even if its record was lost.
    Result<Verdict> judge_again() {
        if (auto read = look_again_(world_); !read) return forward(std::move(read).error());
        auto& known = facts().refused;
        for (const RefusedLoad& refused : refused_)
            if (std::ranges::find(known, refused.bake, &RefusedLoad::bake) == known.end())
                known.push_back(refused);
        return decide::judge(facts());
    }

    /// Nothing failed, and yet the bake's driver is not live: another loader is at the same modules
    /// (F-83). The kernel waited for it before it answered, so the next turn finds its end.
    bool decided(Verdict& verdict) {
        if (verdict.kind != VerdictKind::Fast) return true;
        if (++undecided_ < undecided_limit) return false;
        verdict.kind = VerdictKind::Blocked;
        verdict.reasons.push_back({ReasonCode::StepFailed, "load the driver", "a live driver",
                                   "something else loads and unloads the same modules"});
        return true;
    }

    /// No bake could take the place of what ran: that comes back, and the verdict says so.
    Result<Verdict> put_back(Verdict verdict) {
        run_.add(executor_.run(decide::plan_restore(*replaced_, {})));
        if (auto read = look_again_(world_); !read) return forward(std::move(read).error());
        if (auto other = decide::in_the_way(facts())) verdict.reasons.push_back(std::move(*other));
        return verdict;
    }

    const Machine& machine_;
    input::World& world_;
    Run& run_;
    const LookAgain& look_again_;
    execute::Executor executor_;
    std::set<std::string> again_;      ///< bakes whose load failed in a way that may pass
    std::vector<RefusedLoad> refused_; ///< not forgotten, even where /run cannot be read back
    int undecided_ = 0;                ///< turns in which nothing failed and nothing became live
    std::optional<Facts> replacing_;   ///< as they were before this turn's plan unloads
    std::optional<Facts> replaced_;    ///< as they were before what ran made way
};

} // namespace

Result<Verdict> act(const Machine& machine, input::World& world, Run& run,
                    const LookAgain& look_again) {
    return Acting(machine, world, run, look_again).run();
}

} // namespace gpuboot::flow
