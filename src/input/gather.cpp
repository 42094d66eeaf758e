// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/gather.hpp"

#include <algorithm>
#include <iterator>

#include "base/at_once.hpp"
#include "base/names.hpp"
#include "input/admission.hpp"
#include "input/attempts.hpp"
#include "input/companions.hpp"
#include "input/device_users.hpp"
#include "input/failed_builds.hpp"
#include "input/foreign.hpp"
#include "input/gpus.hpp"
#include "input/host.hpp"
#include "input/initramfs.hpp"
#include "input/loaded_driver.hpp"
#include "input/marker.hpp"
#include "input/origins.hpp"
#include "input/pin.hpp"
#include "input/policy.hpp"
#include "input/records.hpp"
#include "input/running.hpp"
#include "input/toolchain.hpp"
#include "input/wanted.hpp"

namespace gpuboot::input {

namespace {

std::string active_bake(const Root& root) {
    auto target = root.read_link(names::active_link);
    return target ? target->substr(target->rfind('/') + 1) : "";
}

/// So that a boot which is done needs no look at the store to know whose driver runs.
model::Marker active_marker(const Root& root, const std::string& active) {
    const std::string path =
        std::string(names::active_link) + "/" + std::string(names::marker_file);
    auto text = root.read_text(path, 1 << 20);
    return text ? parse_marker(path, active, *text).value.value_or(model::Marker{})
                : model::Marker{};
}

/// What the facts keep of it: nothing while none is active.
void read_active(const Root& root, model::Facts& facts) {
    facts.active = active_bake(root);
    const auto marker = facts.active.empty() ? model::Marker{} : active_marker(root, facts.active);
    const auto nvidia = std::ranges::find(marker.modules, "nvidia", &model::MarkerModule::name);
    facts.active_srcversion =
        facts.loaded && nvidia != marker.modules.end() ? nvidia->srcversion : "";
    facts.active_kind.reset();
    if (facts.loaded && !marker.id.empty()) facts.active_kind = marker.kind;
    facts.active_libraries = model::libraries_of(marker);
    facts.loader_pending = root.exists(names::next_loader);
}

void read_running(const Root& root, model::Facts& facts) {
    facts.running.modules = read_running_modules(root);
    facts.running.users.clear();
    facts.running.users_flaw.clear();
    if (!is_suspicious(facts)) return;
    DeviceUsers users = read_device_users(root);
    facts.running.users = std::move(users.users);
    facts.running.users_flaw = std::move(users.flaw);
}

void add_initramfs(const Root& root, model::Facts& facts) {
    std::ranges::move(read_initramfs(root, facts.host.kernel), std::back_inserter(facts.foreign));
}

Result<model::Facts> gather_for(const Root& root, const model::Host& host, PinReading pin) {
    model::Facts facts;
    facts.host = host;
    facts.offline = !root.is_system();
    facts.pin_path = std::move(pin.path);
    facts.pin = std::move(pin.pin);
    PolicyReading policy = read_policy(root);
    facts.policy = std::move(policy.policy);
    facts.policy_flaw = std::move(policy.flaw);
    if (auto read = refresh(root, facts); !read) return forward(std::move(read).error());
    if (facts.offline) read_surroundings(root, facts);
    if (!facts.offline) facts.companions.cached = read_cached_libraries(root, host);
    return facts;
}

StoreReading read_bakes_for(const Root& root, const model::Host& host,
                            const std::optional<model::Pin>& pin) {
    return read_store(root, {host.kernel, host.arch, pin ? pin->version : ""});
}

void add(StoreReading store, World& world) {
    model::Facts& facts = world.facts;
    facts.bakes = std::move(store.bakes);
    facts.store_flaw = std::move(store.flaw);
    facts.abi = std::move(store.abi);
    world.images.merge(store.images);
    world.store_read = true;
}

} // namespace

void read_surroundings(const Root& root, model::Facts& facts) {
    // Of a kernel that does not run here nobody knows what it will demand.
    if (root.is_system() && facts.host.kernel == read_host().kernel)
        facts.admission = read_admission(root);
    facts.foreign = read_foreign(root, facts.host.kernel);
    if (facts.offline) add_initramfs(root, facts);
    if (!facts.pin.value) return;
    auto cached = std::move(facts.companions.cached);
    facts.companions = read_companions(root, facts.host, facts.pin.value->version);
    facts.companions.cached = std::move(cached);
}

Result<model::Facts> gather_machine(const Root& root, const model::Host& host) {
    return gather_for(root, host, read_pin(root));
}

Result<World> gather(const Root& root, const model::Host& host) {
    const PinReading pin = read_pin(root);
    std::optional<Result<model::Facts>> facts;
    StoreReading store;
    at_once(2, [&](std::size_t i) {
        if (i == 0)
            store = read_bakes_for(root, host, pin.pin.value);
        else
            facts = gather_for(root, host, pin);
    });
    if (!*facts) return forward(std::move(*facts).error());
    World world{std::move(**facts), {}, false};
    remember_running(root, world);
    add(std::move(store), world);
    return world;
}

void read_compile(const Root& root, model::Facts& facts) {
    if (!facts.pin.value) return;
    facts.lacks = read_toolchain(root, facts.host.kernel).lacks;
    facts.failed_builds = read_failed_builds(root, *facts.pin.value, facts.host.kernel);
}

void remember_running(const Root& root, World& world) {
    model::Facts& facts = world.facts;
    if (!is_suspicious(facts)) return;
    facts.running.origins = read_origins(root, facts, world.images);
    // What runs and has no file here came from where files are gone by now.
    if (facts.running.origins.size() < facts.running.modules.size()) add_initramfs(root, facts);
}

void read_bakes(const Root& root, World& world) {
    add(read_bakes_for(root, world.facts.host, world.facts.pin.value), world);
}

Result<void> refresh(const Root& root, model::Facts& facts) {
    facts.records = read_records(root);
    if (!root.is_system()) return {};
    const model::Wanted wanted = read_wanted(root, facts.policy);
    facts.opted_out = wanted.driver ? "" : wanted.by;
    auto gpus = read_gpus();
    if (!gpus) return forward(std::move(gpus).error());
    facts.gpus = std::move(*gpus);
    facts.loaded = read_loaded_driver(root);
    read_active(root, facts);
    read_running(root, facts);
    facts.refused = read_refused_loads(root);
    facts.rebuilt = read_rebuild_attempt(root);
    const bool may_want_driver = facts.opted_out.empty() && !facts.gpus.empty();
    if (may_want_driver && !facts.admission) read_surroundings(root, facts);
    return {};
}

} // namespace gpuboot::input
