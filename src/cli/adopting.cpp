// SPDX-License-Identifier: LGPL-2.1-or-later
// adopt: the command that takes over what another tool compiled.
#include <unistd.h>

#include <cstdio>

#include "base/document.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "execute/system_effects.hpp"
#include "flow/adopt.hpp"
#include "input/host.hpp"
#include "input/pin.hpp"
#include "input/policy.hpp"
#include "source/target.hpp"

namespace gpuboot::cli {

Result<int> adopt(const Options& options) {
    if (::geteuid() != 0) return fail(Errc::Denied, "adopting needs root: it writes the store");
    const auto reading = input::read_pin(options.root);
    if (!reading.pin.value)
        return fail(Errc::BadInput,
                    reading.pin.flaw.empty() ? reading.path + " does not exist" : reading.pin.flaw);
    const auto policy = input::read_policy(options.root);
    if (!policy.flaw.empty()) return fail(Errc::BadInput, policy.flaw);
    flow::AdoptOptions how{input::read_host(), policy.policy.modules};
    if (!options.root.is_system() || options.kernel) {
        auto kernel = source::choose_kernel(options.root, options.kernel, *reading.pin.value);
        if (!kernel) return forward(std::move(kernel).error());
        how.host.kernel = *kernel;
    }
    execute::SystemEffects effects(options.root);
    auto adopted = flow::adopt(options.root, effects, *reading.pin.value, how);
    if (!adopted) return forward(std::move(adopted).error(), "adopt");
    if (options.json) {
        const Node record = Table{{"id", adopted->id},
                                  {"path", adopted->path},
                                  {"bytes", static_cast<std::int64_t>(adopted->bytes)},
                                  {"reused", adopted->reused}};
        std::fputs((to_json(record) + "\n").c_str(), stdout);
        return exit_ready;
    }
    std::printf("bake  %s%s\nsize  %.1f MiB\n", adopted->id.c_str(),
                adopted->reused ? " (there already)" : " (adopted)",
                static_cast<double>(adopted->bytes) / (1 << 20));
    return exit_ready;
}

} // namespace gpuboot::cli
