// SPDX-License-Identifier: LGPL-2.1-or-later
// purge, collect: the commands that delete bakes. cli/purging_foreign.cpp has `purge --foreign`.
#include <unistd.h>

#include <cstdio>

#include "base/document.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "execute/system_effects.hpp"
#include "flow/purge.hpp"

namespace gpuboot::cli {

namespace {

Result<int> tell(const Result<flow::Purged>& purged, bool json) {
    if (!purged) return fail(purged.error().code, purged.error().what);
    if (json) {
        const Node record = Table{{"purged", Array(purged->ids.begin(), purged->ids.end())},
                                  {"kept", Array(purged->kept.begin(), purged->kept.end())}};
        std::puts(to_json(record).c_str());
        return exit_ready;
    }
    for (const std::string& id : purged->ids)
        std::printf("purged %s\n", id.c_str());
    for (const std::string& id : purged->kept)
        std::printf("kept   %s (active)\n", id.c_str());
    if (purged->ids.empty()) std::puts("nothing to delete");
    return exit_ready;
}

Result<void> require_root() {
    if (::geteuid() == 0) return {};
    return fail(Errc::Denied, "only root may delete bakes");
}

} // namespace

Result<int> purge(const Options& options) {
    if (options.foreign) return purge_foreign(options);
    if (auto able = require_root(); !able) return forward(std::move(able).error());
    if (options.dry_run || options.strict) {
        std::fputs("gpubootctl: purge: --dry-run and --strict go with --foreign\n", stderr);
        return exit_usage;
    }
    if (options.bakes.empty() != options.all) {
        std::fputs("gpubootctl: purge: name bakes, or say --all\n", stderr);
        return exit_usage;
    }
    execute::SystemEffects effects(options.root);
    return tell(options.all ? flow::purge_all(options.root, effects)
                            : flow::purge(options.root, effects, options.bakes),
                options.json);
}

Result<int> collect(const Options& options) {
    if (auto able = require_root(); !able) return forward(std::move(able).error());
    execute::SystemEffects effects(options.root);
    return tell(flow::collect(options.root, effects), options.json);
}

} // namespace gpuboot::cli
