// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/foreign.hpp"

#include <algorithm>
#include <iterator>

#include "base/names.hpp"
#include "decide/foreign_removal.hpp"
#include "execute/foreign_intent.hpp"
#include "execute/foreign_removal.hpp"
#include "execute/lock.hpp"
#include "execute/next.hpp"
#include "execute/recovery.hpp"
#include "input/dkms_marker.hpp"
#include "input/foreign_inventory.hpp"
#include "input/gather.hpp"
#include "input/host.hpp"
#include "input/policy.hpp"
#include "report/teardown.hpp"

namespace gpuboot::flow {

namespace {

using namespace model;

constexpr std::chrono::seconds lock_deadline{60};

using Entries = std::vector<ForeignEntry>;

bool names_path(const Entries& entries, const std::string& path) {
    return std::ranges::find(entries, path, &ForeignEntry::path) != entries.end();
}

bool is_marker(const ForeignEntry& entry) { return entry.kind == ForeignKind::Marker; }

/// Of a tree that does not run nothing is loaded.
Result<ForeignInventory> look_at_foreign(const Root& root, const Entries& again) {
    auto inventory = input::read_inventory(root, again);
    if (!inventory || !root.is_system()) return inventory;
    auto facts = input::gather_machine(root, input::read_host());
    if (!facts) return forward(std::move(facts).error());
    inventory->running = std::move(facts->running.modules);
    if (facts->loaded) {
        inventory->loaded_version = facts->loaded->version;
        inventory->loaded_is_ours = !facts->loaded->srcversion.empty() &&
                                    facts->loaded->srcversion == facts->active_srcversion;
    }
    return inventory;
}

class Purge {
  public:
    Purge(const Root& root, execute::Effects& effects, const std::vector<ForeignKind>& chosen)
        : root_(root), effects_(effects), chosen_(chosen) {}

    Result<Teardown> run() {
        auto begun = execute::read_intent(root_);
        if (!begun) return forward(std::move(begun).error());
        auto found = look_at_foreign(root_, *begun);
        if (!found) return forward(std::move(found).error());
        teardown_.before = decide::state_of(*found);
        const ForeignPlan plan = decide::plan_foreign(*found, chosen_, *begun);
        if (auto named = name_all(*begun, plan.remove); !named)
            return forward(std::move(named).error(), "the intent; nothing was deleted");
        take(execute::remove_foreign(root_, effects_, due(plan, *found)));
        if (auto looked = look_again(); !looked) return forward(std::move(looked).error());
        return std::move(teardown_);
    }

  private:
    /// The intent: what was begun and what is added to it now.
    Result<void> name_all(const Entries& begun, const Entries& added) {
        intent_ = begun;
        for (const ForeignEntry& entry : added)
            if (!names_path(begun, entry.path)) intent_.push_back(entry);
        if (intent_.size() == begun.size()) return {};
        return execute::write_intent(effects_, intent_);
    }

    /// All but the marker. What has gone before is named too, for what is derived from it.
    Entries due(const ForeignPlan& plan, const ForeignInventory& found) const {
        Entries entries;
        const auto is_there = [&](const ForeignEntry& entry) {
            return std::ranges::any_of(found.finds, [&](const ForeignFind& find) {
                return find.entry.path == entry.path;
            });
        };
        std::ranges::copy_if(intent_, std::back_inserter(entries), [&](const ForeignEntry& entry) {
            return !is_marker(entry) && !is_there(entry);
        });
        std::ranges::copy_if(plan.remove, std::back_inserter(entries), std::not_fn(is_marker));
        return entries;
    }

    void take(execute::Removal removal) {
        std::ranges::move(removal.removed, std::back_inserter(teardown_.removed));
        std::ranges::move(removal.kept, std::back_inserter(teardown_.kept));
    }

    void keep(const Reason& reason) {
        const bool said = std::ranges::any_of(
            teardown_.kept, [&](const Reason& known) { return known.subject == reason.subject; });
        if (!said) teardown_.kept.push_back(reason);
    }

    /// The second look decides whether the marker goes, and whether all of it is done.
    Result<void> look_again() {
        auto found = look_at_foreign(root_, intent_);
        if (!found) return forward(std::move(found).error(), "looking again");
        const bool failed = !teardown_.kept.empty();
        ForeignPlan plan = decide::plan_foreign(*found, chosen_, intent_);
        std::ranges::for_each(plan.kept, [this](const Reason& reason) { keep(reason); });
        Entries markers;
        std::ranges::copy_if(plan.remove, std::back_inserter(markers), is_marker);
        std::erase_if(plan.remove, is_marker);
        for (const ForeignEntry& entry : plan.remove)
            keep({ReasonCode::ForeignLeft, entry.path, "removed", "it lies there all the same"});
        if (!failed && decide::is_clean(plan)) return finish(markers);
        teardown_.after = decide::state_of(*found);
        return {};
    }

    Result<void> finish(const Entries& markers) {
        const std::size_t kept = teardown_.kept.size();
        take(execute::remove_foreign(root_, effects_, markers));
        auto found = look_at_foreign(root_, intent_);
        if (!found) return forward(std::move(found).error(), "looking again");
        teardown_.after = decide::state_of(*found);
        if (teardown_.kept.size() > kept) return {};
        if (root_.status(names::foreign_intent))
            if (auto removed = execute::remove_intent(effects_); !removed) return removed;
        teardown_.cleaned = true;
        return {};
    }

    const Root& root_;
    execute::Effects& effects_;
    const std::vector<ForeignKind>& chosen_;
    Entries intent_;
    Teardown teardown_;
};

} // namespace

Result<Teardown> foresee_foreign(const Root& root, const std::vector<ForeignKind>& chosen) {
    auto begun = execute::read_intent(root);
    if (!begun) return forward(std::move(begun).error());
    auto found = look_at_foreign(root, *begun);
    if (!found) return forward(std::move(found).error());
    ForeignPlan plan = decide::plan_foreign(*found, chosen, *begun);
    Teardown teardown;
    teardown.before = teardown.after = decide::state_of(*found);
    for (const ForeignEntry& entry : plan.remove)
        teardown.removed.push_back(entry.path);
    teardown.cleaned = decide::is_clean(plan);
    teardown.kept = std::move(plan.kept);
    return teardown;
}

Result<Teardown> purge_foreign(const Root& root, execute::Effects& effects,
                               const std::vector<ForeignKind>& chosen) {
    auto lock = execute::Lock::take(root, effects, lock_deadline);
    if (!lock) return forward(std::move(lock).error());
    execute::recover(root, effects);
    auto teardown = Purge(root, effects, chosen).run();
    if (teardown && !(teardown->removed.empty() && teardown->kept.empty()))
        report::send_teardown(*teardown);
    return teardown;
}

Result<void> note_foreign(const Machine& machine, const Policy& policy) {
    const bool begun = machine.root.status(names::foreign_intent).has_value();
    return execute::set_word(machine.effects, names::next_foreign,
                             begun || !policy.foreign_remove.empty());
}

Result<std::optional<Teardown>> serve_foreign_policy(const Machine& machine) {
    (void)machine.effects.remove(names::next_foreign);
    const auto policy = input::read_policy(machine.root);
    if (!policy.flaw.empty()) return fail(Errc::BadInput, policy.flaw);
    if (policy.policy.foreign_remove.empty() && !machine.root.status(names::foreign_intent))
        return std::nullopt;
    auto teardown = purge_foreign(machine.root, machine.effects, policy.policy.foreign_remove);
    if (!teardown) return forward(std::move(teardown).error());
    return std::optional(std::move(*teardown));
}

Result<void> tell_managed_gpu(const Root& root) {
    const auto facts = input::gather_machine(root, input::read_host());
    if (!facts) return fail(facts.error().code, facts.error().what);
    if (facts->gpus.empty() || !facts->opted_out.empty() || !facts->pin.value) return {};
    const auto marker = input::read_dkms_marker(root);
    // That tool's kinds are the families: "cuda-lts" is one of "cuda", "grid-v20" one of "grid".
    const std::string kind = marker.value ? marker.value->driver_kind : "";
    const std::string family = kind.substr(0, kind.find('-'));
    const std::string pinned = facts->pin.value->kind == Kind::Grid ? "grid" : "cuda";
    report::send_managed_gpu(marker.value || !marker.flaw.empty(), family == pinned);
    return {};
}

} // namespace gpuboot::flow
