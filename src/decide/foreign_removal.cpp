// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/foreign_removal.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

namespace gpuboot::decide {

namespace {

using namespace model;
using enum ReasonCode;

bool contains(const std::vector<ForeignKind>& kinds, ForeignKind kind) {
    return std::ranges::find(kinds, kind) != kinds.end();
}

/// The very module runs: what a reboot or an unload has to end before its file goes (S1-25, S2-24).
/// One without a srcversion may be any.
const RunningModule* running_from(const ForeignFind& find, const ForeignInventory& inventory) {
    for (const RunningModule& module : inventory.running) {
        const bool named = find.module.empty() || find.module == module.name;
        const bool same = find.srcversion.empty() || module.srcversion.empty() ||
                          find.srcversion == module.srcversion;
        if (named && same) return &module;
    }
    return nullptr;
}

std::optional<std::string> what_runs(const ForeignFind& find, const ForeignInventory& inventory) {
    if (find.entry.kind == ForeignKind::Modules) {
        const RunningModule* module = running_from(find, inventory);
        if (module) return "module " + module->name;
        return std::nullopt;
    }
    if (inventory.loaded_version.empty() || inventory.loaded_is_ours) return std::nullopt;
    if (!find.version.empty() && find.version != inventory.loaded_version) return std::nullopt;
    return "driver " + inventory.loaded_version;
}

class Planner {
  public:
    Planner(const ForeignInventory& inventory, const std::vector<ForeignKind>& chosen,
            const std::vector<ForeignEntry>& again)
        : inventory_(inventory), chosen_(chosen), again_(again) {}

    ForeignPlan run() {
        for (const ForeignFind& find : inventory_.finds)
            if (find.entry.kind != ForeignKind::Marker) look_at(find);
        tell_of_initramfs();
        for (const ForeignFind& find : inventory_.finds)
            if (find.entry.kind == ForeignKind::Marker) look_at_marker(find);
        sort_by_stage();
        return std::move(plan_);
    }

  private:
    const ForeignEntry* begun(const ForeignFind& find) const {
        const auto entry = std::ranges::find(again_, find.entry.path, &ForeignEntry::path);
        return entry == again_.end() ? nullptr : &*entry;
    }

    bool is_meant(const ForeignFind& find) const {
        return contains(chosen_, find.entry.kind) || contains(chosen_, ForeignKind::AksGpu) ||
               begun(find);
    }

    std::optional<Reason> keeper_of(const ForeignFind& find) const {
        const std::string& path = find.entry.path;
        if (!find.owner.empty()) return Reason{ForeignOwned, path, "nobody's", find.owner};
        if (!find.flaw.empty()) return Reason{ForeignLeft, path, "removed", find.flaw};
        if (!find.detour.empty()) return Reason{ForeignDetour, path, "folders alone", find.detour};
        const ForeignEntry* entry = begun(find);
        if (entry && *entry != find.entry)
            return Reason{ForeignChanged, path, describe(*entry), describe(find.entry)};
        if (const auto running = what_runs(find, inventory_))
            return Reason{ForeignInUse, path, "no such driver running", *running + " runs"};
        return std::nullopt;
    }

    void look_at(const ForeignFind& find) {
        auto keeper = keeper_of(find);
        if (!is_meant(find)) {
            if (find.owner.empty()) lingers(find.entry.path);
            return;
        }
        const bool directory = find.entry.type == EntryType::Directory;
        if (directory && (keeper || holds_kept(find.entry.path))) {
            kept_.push_back(find.entry.path); // it stays for what is in it, or for its owner
            return;
        }
        if (!keeper) return plan_.remove.push_back(find.entry);
        kept_.push_back(find.entry.path);
        if (keeper->code != ForeignOwned) lingers(find.entry.path);
        plan_.kept.push_back(std::move(*keeper));
    }

    bool holds_kept(const std::string& folder) const {
        return std::ranges::any_of(
            kept_, [&](const std::string& path) { return path.starts_with(folder + "/"); });
    }

    void lingers(const std::string& path) {
        if (lingering_.empty()) lingering_ = path;
    }

    /// It would be loaded before any file of the root is seen (S2-28). Whose it is cannot be told
    /// from within, so it is somebody's where a module that stays is.
    void tell_of_initramfs() {
        if (!contains(chosen_, ForeignKind::Modules) && !contains(chosen_, ForeignKind::AksGpu))
            return;
        const bool others = std::ranges::any_of(inventory_.finds, [](const ForeignFind& find) {
            return find.entry.kind == ForeignKind::Modules && !find.owner.empty();
        });
        for (const Foreign& told : inventory_.told) {
            const std::string found =
                told.flaw.empty() ? told.detail + "; update-initramfs -u makes it anew" : told.flaw;
            if (others) {
                plan_.kept.push_back({ForeignOwned, told.path, "nobody's",
                                      "another driver that stays, as far as can be told"});
                continue;
            }
            plan_.kept.push_back({ForeignLeft, told.path, "no driver in it", found});
            lingers(told.path);
        }
    }

    /// S2-16: as long as anything lingers it says that there is something left to do.
    void look_at_marker(const ForeignFind& find) {
        if (!is_meant(find)) return;
        auto keeper = keeper_of(find);
        if (!keeper && !lingering_.empty())
            keeper = Reason{ForeignLeft, find.entry.path, "removed",
                            "it marks what still lies there: " + lingering_};
        if (keeper)
            plan_.kept.push_back(std::move(*keeper));
        else
            plan_.remove.push_back(find.entry);
    }

    /// Within a stage the loader's lines go before what they lead to.
    void sort_by_stage() {
        std::vector<ForeignEntry> sorted;
        for (const RemovalStage stage : removal_stages)
            for (const bool line : {true, false})
                std::ranges::copy_if(
                    plan_.remove, std::back_inserter(sorted), [&](const ForeignEntry& entry) {
                        return stage_of(entry) == stage && entry.path.ends_with(".conf") == line;
                    });
        plan_.remove = std::move(sorted);
    }

    const ForeignInventory& inventory_;
    const std::vector<ForeignKind>& chosen_;
    const std::vector<ForeignEntry>& again_;
    std::vector<std::string> kept_;
    std::string lingering_; ///< the first that is nobody's and stays
    ForeignPlan plan_;
};

} // namespace

ForeignPlan plan_foreign(const ForeignInventory& inventory, const std::vector<ForeignKind>& chosen,
                         const std::vector<ForeignEntry>& again) {
    return Planner(inventory, chosen, again).run();
}

ForeignState state_of(const ForeignInventory& inventory) {
    ForeignState state;
    for (const ForeignFind& find : inventory.finds) {
        if (!find.owner.empty()) continue;
        state.rights = state.rights || find.entry.gives_rights;
        switch (find.entry.kind) {
        case ForeignKind::Modules: state.modules = true; break;
        case ForeignKind::Dkms: state.dkms = true; break;
        case ForeignKind::Libraries: state.libraries = true; break;
        case ForeignKind::Marker: state.marker = true; break;
        case ForeignKind::Initramfs:
        case ForeignKind::AksGpu: break;
        }
    }
    return state;
}

bool is_clean(const ForeignPlan& plan) {
    return plan.remove.empty() && std::ranges::all_of(plan.kept, [](const Reason& reason) {
               return reason.code == ForeignOwned;
           });
}

} // namespace gpuboot::decide
