// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/kernels.hpp"

#include <algorithm>

#include "base/names.hpp"
#include "decide/kernels.hpp"
#include "execute/guard_record.hpp"
#include "flow/progress_note.hpp"
#include "input/gather.hpp"
#include "input/host.hpp"
#include "report/kernel_record.hpp"

namespace gpuboot::flow {

namespace {

using namespace model;

constexpr std::string_view modules = "/lib/modules";

std::string place_in_queue(const std::string& kernel) {
    return std::string(names::queue_directory) + "/" + kernel;
}

/// Headers alone make such a folder, too.
bool is_installed(const Root& root, const std::string& kernel) {
    const std::string folder = std::string(modules) + "/" + kernel;
    return is_kernel_release(kernel) &&
           (root.exists(folder + "/kernel") || root.exists(folder + "/modules.builtin"));
}

std::vector<std::string> installed_kernels(const Root& root) {
    auto kernels = root.list(modules).value_or(std::vector<std::string>{});
    std::erase_if(kernels, [&](const std::string& kernel) { return !is_installed(root, kernel); });
    const std::string running = root.is_system() ? input::read_host().kernel : "";
    if (!running.empty() && std::ranges::find(kernels, running) == kernels.end())
        kernels.push_back(running);
    return kernels;
}

Result<KernelState> look_at(const Root& root, const std::string& kernel) {
    auto world = input::gather(root, {kernel, input::read_host().arch});
    if (!world) return forward(std::move(world).error());
    input::read_compile(root, world->facts);
    return decide::judge_kernel(world->facts);
}

/// By what the guard has set; "" when that is nothing, or no more.
std::string kept_kernel(const Root& root) {
    const auto record = execute::read_guard_record(root);
    const bool holds = record && *record && (*record)->stage == GuardStage::Set;
    return holds ? (*record)->kernel : "";
}

bool is_over(const Result<BakeResult>& baked) {
    return baked || baked.error().code == Errc::Hopeless || baked.error().code == Errc::Remembered;
}

} // namespace

Result<std::vector<KernelState>> look_at_kernels(const Root& root) {
    const std::string running = root.is_system() ? input::read_host().kernel : "";
    const std::string kept = kept_kernel(root);
    const Progress progress = read_progress(root).value_or(Progress{});
    std::vector<KernelState> states;
    for (const std::string& kernel : installed_kernels(root)) {
        auto state = look_at(root, kernel);
        if (!state) return forward(std::move(state).error(), kernel);
        state->running = kernel == running;
        state->kept = kernel == kept;
        state->queued = root.exists(place_in_queue(kernel));
        if (progress.kernel == kernel) state->progress = progress;
        states.push_back(std::move(*state));
    }
    return states;
}

void tell_kernels(const Machine& machine) {
    const auto states = look_at_kernels(machine.root);
    if (!states || !machine.effects.ensure_directory(names::run_directory, 0755)) return;
    (void)machine.effects.replace_file(names::kernels_record,
                                       to_json(report::record_of(*states)) + "\n", 0644);
}

Result<void> queue_kernel(execute::Effects& effects, const std::string& kernel) {
    if (!is_kernel_release(kernel))
        return fail(Errc::BadInput, "wanted a kernel's release, found \"" + kernel + "\"");
    if (auto made = effects.ensure_directory(names::queue_directory, 0755); !made) return made;
    return effects.replace_record(place_in_queue(kernel), "");
}

Result<std::vector<Prebaked>> serve_queue(const Machine& machine, const BakeOptions& options) {
    std::vector<Prebaked> done;
    const auto queue = machine.root.list(names::queue_directory);
    if (!queue && queue.error().code == Errc::NotFound) return done;
    if (!queue) return fail(queue.error().code, queue.error().what);
    const auto facts = input::gather_machine(machine.root, input::read_host());
    if (!facts) return fail(facts.error().code, facts.error().what);
    if (facts->gpus.empty() || !facts->opted_out.empty()) return done;
    const auto& pin = facts->pin;
    if (!pin.value) return fail(Errc::BadInput, "no valid pin: nothing is baked");
    for (const std::string& kernel : *queue) {
        if (kernel.starts_with('.')) continue; // one that was still being written
        BakeOptions how = options;
        how.kernel = kernel;
        ProgressNote note(machine.effects, kernel);
        how.on_progress = [&](const Progress& progress) {
            note.put(progress);
            if (options.on_progress) options.on_progress(progress);
        };
        Prebaked one{kernel, is_kernel_release(kernel)
                                 ? bake(machine.root, machine.effects, *pin.value, how)
                                 : fail(Errc::Hopeless, "no kernel is called that")};
        if (is_over(one.baked) || !machine.root.exists(std::string(modules) + "/" + kernel))
            if (auto gone = machine.effects.remove(place_in_queue(kernel)); !gone)
                return forward(std::move(gone).error());
        done.push_back(std::move(one));
    }
    return done;
}

} // namespace gpuboot::flow
