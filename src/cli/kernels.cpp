// SPDX-License-Identifier: LGPL-2.1-or-later
// kernels, bake --later: whether a GPU would be ready on each installed kernel, and a bake for one
// that is made in the background.
#include "flow/kernels.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/document.hpp"
#include "base/names.hpp"
#include "base/process.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "execute/system_effects.hpp"
#include "flow/guard.hpp"
#include "report/kernel_record.hpp"

namespace gpuboot::cli {

namespace {

using namespace model;

constexpr std::chrono::seconds systemd_deadline{10};

void print(const KernelState& state) {
    std::printf("%-32s %s%s%s\n",
                (state.kernel + (state.running ? " (running)" : "") + (state.kept ? " (kept)" : ""))
                    .c_str(),
                answer_of(state).answer.c_str(), state.bake.empty() ? "" : ": ",
                state.bake.c_str());
    if (!state.bake.empty()) return;
    for (const Reason& reason : state.reasons)
        std::printf("  - %s [%s]\n", to_text(reason).c_str(), std::string(name_of(reason)).c_str());
}

} // namespace

Result<int> kernels(const Options& options) {
    const auto states = flow::look_at_kernels(options.root);
    if (!states) return fail(states.error().code, states.error().what);
    const bool all =
        std::ranges::all_of(*states, [](const KernelState& state) { return !state.bake.empty(); });
    if (options.json) std::puts(to_json(report::record_of(*states)).c_str());
    if (!options.json) std::ranges::for_each(*states, print);
    const std::string word = options.json ? "" : flow::last_word_of_guard(options.root);
    if (!word.empty()) std::printf("guard: %s\n", word.c_str());
    return all ? exit_ready : exit_code_of(VerdictKind::Rebuild);
}

Result<int> bake_later(const Options& options) {
    if (::geteuid() != 0) return fail(Errc::Denied, "only root may have bakes made");
    if (!options.kernel) {
        std::fputs("gpubootctl: bake: --later needs --kernel\n", stderr);
        return exit_usage;
    }
    execute::SystemEffects effects(options.root);
    if (auto queued = flow::queue_kernel(effects, *options.kernel); !queued)
        return forward(std::move(queued).error());
    if (!options.root.is_system() || !options.root.exists("/run/systemd/system")) return exit_ready;
    // Where this fails the next boot begins with it.
    (void)effects.run(
        {{"/usr/bin/systemctl", "--no-block", "start", "--", std::string(names::prebake_unit)},
         Tool{}.environment,
         systemd_deadline,
         {}});
    return exit_ready;
}

} // namespace gpuboot::cli
