// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/running.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace gpuboot::input {

namespace {

using model::RunningModule;
using Clock = std::chrono::steady_clock;

constexpr std::array driver_modules{"nvidia", "nvidia_uvm", "nvidia_modeset", "nvidia_drm",
                                    "nvidia_peermem"};
constexpr std::size_t most_modules = 64; // of a driver with all that stands on it

std::string first_line(const Root& root, const std::string& path) {
    auto text = root.read_text(path, 4096);
    return text ? text->substr(0, text->find('\n')) : "";
}

int number(const std::string& text) {
    int value = 0;
    (void)std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

bool contains(const std::vector<RunningModule>& modules, const std::string& name) {
    return std::ranges::find(modules, name, &RunningModule::name) != modules.end();
}

} // namespace

std::vector<RunningModule> read_running_modules(const Root& root) {
    std::vector<RunningModule> modules;
    std::vector<std::string> names(driver_modules.begin(), driver_modules.end());
    for (std::size_t i = 0; i < names.size() && modules.size() < most_modules; ++i) {
        const std::string folder = "/sys/module/" + names[i];
        RunningModule module;
        module.name = names[i];
        module.state = first_line(root, folder + "/initstate");
        if (module.state.empty() || contains(modules, module.name)) continue; // absent or built in
        module.srcversion = first_line(root, folder + "/srcversion");
        module.refcount = number(first_line(root, folder + "/refcnt"));
        module.holders = root.list(folder + "/holders").value_or(std::vector<std::string>{});
        names.insert(names.end(), module.holders.begin(), module.holders.end());
        modules.push_back(std::move(module));
    }
    std::ranges::sort(modules, {}, &RunningModule::name);
    return modules;
}

void wait_for_modules(const Root& root, std::chrono::milliseconds deadline) {
    const auto unsettled = [](const RunningModule& module) { return module.state != "live"; };
    const auto end = Clock::now() + deadline;
    while (std::ranges::any_of(read_running_modules(root), unsettled) && Clock::now() < end)
        (void)::poll(nullptr, 0, 20); // the kernel tells no event for this
}

bool is_suspicious(const model::Facts& facts) {
    if (!facts.loaded || !facts.pin.value) return false;
    return facts.loaded->version != facts.pin.value->version || facts.active.empty() ||
           (facts.loaded->kind == model::Kind::Open) !=
               (facts.pin.value->kind == model::Kind::Open) ||
           (facts.active_kind && *facts.active_kind != facts.pin.value->kind) ||
           (!facts.active_srcversion.empty() &&
            facts.active_srcversion != facts.loaded->srcversion);
}

} // namespace gpuboot::input
