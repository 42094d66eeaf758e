// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/look.hpp"

#include "decide/judge.hpp"
#include "input/host.hpp"

namespace gpuboot::flow {

namespace {

void read_compile_if_wanted(const Root& root, input::World& world) {
    if (decide::judge(world.facts).kind == model::VerdictKind::Rebuild)
        input::read_compile(root, world.facts);
}

void read_if_needed(const Root& root, input::World& world) {
    if (!world.store_read && !decide::judge_machine(world.facts)) input::read_bakes(root, world);
    if (world.store_read) read_compile_if_wanted(root, world);
}

} // namespace

Result<input::World> look(const Root& root) {
    auto facts = input::gather_machine(root, input::read_host());
    if (!facts) return forward(std::move(facts).error(), "reading the machine");
    input::World world{std::move(*facts), {}, false};
    input::remember_running(root, world);
    read_if_needed(root, world);
    return world;
}

Result<input::World> look_at_store(const Root& root, const model::Host& host) {
    auto world = input::gather(root, host);
    if (world) read_compile_if_wanted(root, *world);
    return world;
}

Result<void> look_again(const Root& root, input::World& world) {
    if (auto read = input::refresh(root, world.facts); !read)
        return forward(std::move(read).error(), "reading the machine again");
    if (world.facts.running.origins.empty()) input::remember_running(root, world);
    read_if_needed(root, world);
    return {};
}

} // namespace gpuboot::flow
