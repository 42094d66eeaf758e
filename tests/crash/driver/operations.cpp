// SPDX-License-Identifier: LGPL-2.1-or-later
#include "driver/operations.hpp"

#include <algorithm>
#include <chrono>

#include "base/digest.hpp"
#include "base/names.hpp"
#include "base/sealed.hpp"
#include "decide/judge.hpp"
#include "decide/plan.hpp"
#include "driver/played.hpp"
#include "execute/executor.hpp"
#include "execute/lock.hpp"
#include "execute/recovery.hpp"
#include "flow/bake.hpp"
#include "flow/purge.hpp"
#include "input/gather.hpp"
#include "input/loaded_driver.hpp"
#include "input/pin.hpp"
#include "input/store.hpp"

namespace gpuboot::crash {

namespace {

struct Machine {
    explicit Machine(const Tree& tree) : root(*Root::open(tree.directory())), effects(root, tree) {}

    Root root;
    MutantEffects effects;
};

Result<void> outcome(const auto& result) {
    if (!result) return fail(result.error().code, result.error().what);
    return {};
}

Result<execute::Lock> lock(Machine& machine) {
    return execute::Lock::take(machine.root, machine.effects, std::chrono::seconds(5));
}

model::Facts look(const Machine& machine, const Tree& tree, bool has_gpu) {
    model::Facts facts;
    facts.host = {kernel, inputs(tree, kernel, "gcc").arch};
    facts.pin = input::read_pin(machine.root).pin;
    facts.policy.modules = {"nvidia", "nvidia-uvm"};
    facts.loaded = input::read_loaded_driver(machine.root);
    if (has_gpu) {
        model::Gpu gpu;
        gpu.address = "0000:01:00.0";
        if (facts.loaded) gpu.driver = "nvidia";
        facts.gpus = {gpu};
    }
    const auto link = machine.root.read_link(names::active_link);
    if (link) facts.active = link->substr(link->rfind('/') + 1);
    return facts;
}

} // namespace

std::vector<execute::Product> products(const std::string& kernel, int count, std::size_t size) {
    const std::vector<std::string> modules{"nvidia", "nvidia_uvm", "nvidia_modeset", "nvidia_drm"};
    std::vector<execute::Product> made;
    for (int i = 0; i < count; ++i) {
        const std::string& name = modules[static_cast<std::size_t>(i)];
        const std::string text = image(name, kernel, size + static_cast<std::size_t>(i) * 100);
        std::string file = name;
        std::ranges::replace(file, '_', '-');
        const auto bytes = bytes_of(text);
        execute::Product product;
        product.bytes.assign(bytes.begin(), bytes.end());
        product.module = {name,
                          "modules/" + file + ".ko",
                          bytes.size(),
                          sha256_hex(bytes),
                          kernel + " SMP mod_unload ",
                          "0123456789ABCDEF0123456",
                          {}};
        made.push_back(std::move(product));
    }
    return made;
}

Result<void> commit(const Tree& tree, const model::Marker& marker, int count, std::size_t size) {
    Machine machine(tree);
    auto held = lock(machine);
    if (!held) return outcome(held);
    execute::recover(machine.root, machine.effects);
    return execute::commit_bake(machine.root, machine.effects, marker,
                                products(marker.kernel, count, size), execute::Existing::Keep);
}

Result<void> bake(const Tree& tree, bool force) {
    Machine machine(tree);
    const auto pin = input::read_pin(machine.root).pin.value;
    flow::BakeOptions options;
    options.kernel = kernel;
    options.force = force;
    options.confine = "/bin/true";
    return outcome(flow::bake(machine.root, machine.effects, *pin, options));
}

Result<void> purge(const Tree& tree, const std::string& id) {
    Machine machine(tree);
    return outcome(flow::purge(machine.root, machine.effects, {id}));
}

Result<void> purge_all(const Tree& tree) {
    Machine machine(tree);
    return outcome(flow::purge_all(machine.root, machine.effects));
}

Result<void> collect(const Tree& tree) {
    Machine machine(tree);
    return outcome(flow::collect(machine.root, machine.effects));
}

Result<void> note(const Tree& tree, const std::string& payload) {
    Machine machine(tree);
    if (auto made = machine.effects.ensure_directory(names::records_directory, 0755); !made)
        return made;
    return machine.effects.replace_record(record, seal(payload));
}

Result<void> recover(const Tree& tree) {
    Machine machine(tree);
    if (auto idle =
            execute::Lock::take_bake(machine.root, machine.effects, std::chrono::seconds(5)))
        execute::recover_builds(machine.root, machine.effects);
    auto held = lock(machine);
    if (!held) return outcome(held);
    execute::recover(machine.root, machine.effects);
    return {};
}

Result<void> check(const Tree& tree, bool has_gpu) {
    Machine machine(tree);
    auto held = lock(machine);
    if (!held) return outcome(held);
    model::Facts facts = look(machine, tree, has_gpu);
    auto store = input::read_store(machine.root, {facts.host.kernel, facts.host.arch, "1.0.0"});
    facts.bakes = std::move(store.bakes);
    facts.abi = store.abi;
    execute::Executor executor(machine.effects, store.images);
    const auto before = facts.loaded ? facts.loaded->modules : std::vector<std::string>{};
    const auto done = executor.run(decide::plan(facts, decide::judge(facts)));
    if (!done.failure) return {};
    const auto live = input::read_loaded_driver(machine.root);
    executor.run(decide::plan_undo(before, live ? live->modules : std::vector<std::string>{}));
    return fail(Errc::Io, done.failure->error.what);
}

} // namespace gpuboot::crash
