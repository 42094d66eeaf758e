// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/purge.hpp"

#include <algorithm>
#include <optional>

#include "base/names.hpp"
#include "base/sealed.hpp"
#include "decide/garbage.hpp"
#include "execute/commit.hpp"
#include "execute/fitness.hpp"
#include "execute/lock.hpp"
#include "execute/next.hpp"
#include "execute/purge.hpp"
#include "execute/recovery.hpp"
#include "input/host.hpp"
#include "input/pin.hpp"
#include "input/policy.hpp"
#include "input/store.hpp"
#include "input/wanted.hpp"
#include "report/teardown.hpp"

namespace gpuboot::flow {

namespace {

constexpr std::chrono::seconds lock_deadline{20};
constexpr std::size_t record_limit = 64 << 10;

std::string active_bake(const Root& root) {
    const auto target = root.read_link(names::active_link);
    return target ? target->substr(target->rfind('/') + 1) : "";
}

/// Folders of the store with a bake's name and a marker: nothing else is ours to delete.
std::vector<std::string> bakes(const Root& root) {
    std::vector<std::string> ids;
    const auto entries = root.list(names::store).value_or(std::vector<std::string>{});
    for (const std::string& name : entries)
        if (!name.starts_with('.') &&
            root.status(execute::bake_path(name) + "/" + std::string(names::marker_file)))
            ids.push_back(name);
    return ids;
}

Result<Purged> delete_bakes(const Root& root, execute::Effects& effects,
                            const std::vector<std::string>& ids) {
    Purged purged;
    for (const std::string& id : ids) {
        if (auto done = execute::purge_bake(root, effects, id); !done)
            return forward(std::move(done).error(), "purging " + id);
        purged.ids.push_back(id);
    }
    return purged;
}

/// Looked at again: what a deletion has left under another name is not gone.
bool is_clean(const Root& root) {
    const auto entries = root.list(names::store).value_or(std::vector<std::string>{});
    return std::ranges::none_of(
        entries, [](const std::string& name) { return name.starts_with(names::deleted_prefix); });
}

Result<Purged> delete_and_tell(const Root& root, execute::Effects& effects,
                               const std::vector<std::string>& ids) {
    const std::size_t before = bakes(root).size();
    auto purged = delete_bakes(root, effects, ids);
    if (!ids.empty())
        report::send_purged(purged && is_clean(root), {{"bakes", std::to_string(before),
                                                        std::to_string(bakes(root).size())}});
    return purged;
}

Result<execute::Lock> begin(const Root& root, execute::Effects& effects) {
    // Scratch of a compile that runs is none of ours.
    if (auto idle = execute::Lock::take_bake(root, effects, std::chrono::milliseconds(0)))
        execute::recover_builds(root, effects);
    auto lock = execute::Lock::take(root, effects, lock_deadline);
    if (lock) execute::recover(root, effects);
    return lock;
}

std::uint64_t bytes_of(const model::Marker& marker) {
    std::uint64_t bytes = 0;
    for (const model::MarkerModule& module : marker.modules)
        bytes += module.size;
    for (const model::BundledFile& file : marker.bundled)
        bytes += file.size;
    return bytes;
}

bool is_last_good(const Root& root, const model::Marker& marker) {
    const auto text = root.read_text(
        std::string(names::records_directory) + "/last-good-" + marker.kernel, record_limit);
    const auto payload = text ? unseal(*text) : std::nullopt;
    return payload && payload->contains(marker.id);
}

decide::Store look(const Root& root, const model::Pin& pin) {
    decide::Store store;
    store.active = active_bake(root);
    store.kernels = root.list("/lib/modules").value_or(std::vector<std::string>{});
    if (root.is_system()) store.kernels.push_back(input::read_host().kernel);
    for (const std::string& id : bakes(root)) {
        const std::string folder = execute::bake_path(id);
        const auto bake = input::read_one(root, folder, id, {}).bakes.front();
        if (!bake.marker.value) continue; // perhaps made by a newer gpuboot: kept
        const model::Marker& marker = *bake.marker.value;
        const bool wanted = marker.driver_version == pin.version && marker.kind == pin.kind &&
                            marker.source_sha256 == pin.source.sha256 &&
                            marker.userspace_sha256 == (pin.userspace ? pin.userspace->sha256 : "");
        store.bakes.push_back(
            {id, marker.kernel,
             wanted && execute::unfit(root, folder, marker, execute::Depth::Looks).empty(),
             is_last_good(root, marker), bytes_of(marker)});
    }
    return store;
}

/// Whether the machine has opted out for good, has bakes, and policy has them deleted then.
bool has_to_go(const Root& root, const model::Policy& policy) {
    if (policy.store.opted_out != model::OptedOutRule::Purge) return false;
    const model::Wanted wanted = input::read_wanted(root, policy);
    return !wanted.driver && wanted.for_good && !bakes(root).empty();
}

} // namespace

Result<Purged> purge(const Root& root, execute::Effects& effects,
                     const std::vector<std::string>& ids) {
    auto lock = begin(root, effects);
    if (!lock) return forward(std::move(lock).error());
    const auto present = bakes(root);
    for (const std::string& id : ids) {
        if (std::ranges::find(present, id) == present.end())
            return fail(Errc::NotFound, "no bake \"" + id + "\" in " + std::string(names::store));
        if (id == active_bake(root))
            return fail(Errc::Busy, id + " is active: the driver of this boot comes from it");
    }
    return delete_and_tell(root, effects, ids);
}

Result<Purged> purge_all(const Root& root, execute::Effects& effects) {
    auto lock = begin(root, effects);
    if (!lock) return forward(std::move(lock).error());
    auto ids = bakes(root);
    const auto kept = std::erase(ids, active_bake(root));
    auto purged = delete_and_tell(root, effects, ids);
    if (purged && kept > 0) purged->kept.push_back(active_bake(root));
    return purged;
}

Result<void> note_purge(const Machine& machine, const model::Policy& policy) {
    return execute::set_word(machine.effects, names::next_purge, has_to_go(machine.root, policy));
}

bool purge_is_wanted(const Machine& machine) {
    if (!machine.root.exists(names::next_purge)) return false;
    (void)machine.effects.remove(names::next_purge);
    return has_to_go(machine.root, input::read_policy(machine.root).policy);
}

Result<Purged> collect(const Root& root, execute::Effects& effects) {
    auto lock = begin(root, effects);
    if (!lock) return forward(std::move(lock).error());
    const auto pin = input::read_pin(root).pin;
    const auto policy = input::read_policy(root);
    // Without knowing what is wanted nobody can say what is not.
    if (!pin.value) return fail(Errc::BadInput, "no valid pin: nothing is collected");
    if (!policy.flaw.empty()) return fail(Errc::BadInput, policy.flaw);
    return delete_bakes(root, effects,
                        decide::garbage(look(root, *pin.value), policy.policy.store));
}

} // namespace gpuboot::flow
