// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/gather.hpp"

#include "base/names.hpp"
#include "input/admission.hpp"
#include "input/attempts.hpp"
#include "input/companions.hpp"
#include "input/failed_builds.hpp"
#include "input/gpus.hpp"
#include "input/host.hpp"
#include "input/loaded_driver.hpp"
#include "input/pin.hpp"
#include "input/policy.hpp"
#include "input/toolchain.hpp"

namespace gpuboot::input {

namespace {

std::string active_bake(const Root& root) {
    auto target = root.read_link(names::active_link);
    return target ? target->substr(target->rfind('/') + 1) : "";
}

} // namespace

Result<model::Facts> gather_machine(const Root& root, const model::Host& host) {
    model::Facts facts;
    facts.host = host;
    facts.offline = !root.is_system();
    PinReading pin = read_pin(root);
    facts.pin_path = std::move(pin.path);
    facts.pin = std::move(pin.pin);
    PolicyReading policy = read_policy(root);
    facts.policy = std::move(policy.policy);
    facts.policy_flaw = std::move(policy.flaw);
    // Of a kernel that does not run here nobody knows what it will demand.
    if (root.is_system() && host.kernel == read_host().kernel)
        facts.admission = read_admission(root);
    if (auto read = refresh(root, facts); !read) return forward(std::move(read).error());
    if (facts.pin.value && (facts.offline || !facts.gpus.empty()))
        facts.companions = read_companions(root, host, facts.pin.value->version);
    return facts;
}

Result<World> gather(const Root& root, const model::Host& host) {
    auto facts = gather_machine(root, host);
    if (!facts) return forward(std::move(facts).error());
    World world{std::move(*facts), {}, false};
    read_bakes(root, world);
    read_compile(root, world.facts);
    return world;
}

void read_compile(const Root& root, model::Facts& facts) {
    if (!facts.pin.value) return;
    facts.lacks = read_toolchain(root, facts.host.kernel).lacks;
    facts.failed_builds = read_failed_builds(root, *facts.pin.value, facts.host.kernel);
}

void read_bakes(const Root& root, World& world) {
    model::Facts& facts = world.facts;
    const std::string version = facts.pin.value ? facts.pin.value->version : "";
    StoreReading store = read_store(root, {facts.host.kernel, facts.host.arch, version});
    facts.bakes = std::move(store.bakes);
    facts.store_flaw = std::move(store.flaw);
    world.images = std::move(store.images);
    world.store_read = true;
}

Result<void> refresh(const Root& root, model::Facts& facts) {
    if (!root.is_system()) return {};
    facts.opted_out = read_opt_out(root);
    auto gpus = read_gpus();
    if (!gpus) return forward(std::move(gpus).error());
    facts.gpus = std::move(*gpus);
    facts.active = active_bake(root);
    facts.loaded = read_loaded_driver(root);
    facts.refused = read_refused_loads(root);
    facts.rebuilt = read_rebuild_attempt(root);
    return {};
}

} // namespace gpuboot::input
