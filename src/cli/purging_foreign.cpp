// SPDX-License-Identifier: LGPL-2.1-or-later
// purge --foreign: the command that removes other installations of the driver.
#include <unistd.h>

#include <cstdio>

#include "base/document.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "execute/system_effects.hpp"
#include "flow/foreign.hpp"
#include "input/policy.hpp"

namespace gpuboot::cli {

namespace {

using namespace model;

/// The kinds that were named, else those of policy.
Result<std::vector<ForeignKind>> chosen_kinds(const Options& options) {
    std::vector<ForeignKind> kinds;
    for (const std::string& word : options.bakes) {
        const auto kind = removable_kind_of(word);
        if (!kind)
            return fail(Errc::BadInput, "wanted " + std::string(removable_words) + ", found " +
                                            why_not_removable(word));
        kinds.push_back(*kind);
    }
    if (!kinds.empty()) return kinds;
    auto policy = input::read_policy(options.root);
    if (!policy.flaw.empty()) return fail(Errc::BadInput, policy.flaw);
    return std::move(policy.policy.foreign_remove);
}

void print_json(const Teardown& teardown) {
    Array kept;
    for (const Reason& reason : teardown.kept)
        kept.push_back(Table{{"reason", name_of(reason)},
                             {"path", reason.subject},
                             {"wanted", reason.wanted},
                             {"found", reason.found}});
    const Node record = Table{{"status", teardown.cleaned ? "cleaned" : "incomplete"},
                              {"removed", Array(teardown.removed.begin(), teardown.removed.end())},
                              {"kept", std::move(kept)}};
    std::puts(to_json(record).c_str());
}

void print(const Teardown& teardown, bool dry_run) {
    for (const std::string& path : teardown.removed)
        std::printf("%s %s\n", dry_run ? "would remove" : "removed", path.c_str());
    for (const Reason& reason : teardown.kept)
        std::printf("kept %s [%s]\n  => %s\n", to_text(reason).c_str(),
                    std::string(name_of(reason)).c_str(), std::string(remedy_of(reason)).c_str());
    if (teardown.removed.empty()) std::puts("nothing to delete");
    if (!dry_run) std::printf("status %s\n", teardown.cleaned ? "cleaned" : "incomplete");
}

} // namespace

Result<int> purge_foreign(const Options& options) {
    if (::geteuid() != 0) return fail(Errc::Denied, "only root may see and delete all of it");
    if (options.all) {
        std::fputs("gpubootctl: purge: --all is for bakes; name kinds beside --foreign\n", stderr);
        return exit_usage;
    }
    const auto kinds = chosen_kinds(options);
    if (!kinds) return fail(kinds.error().code, kinds.error().what);
    if (kinds->empty()) {
        std::fputs("gpubootctl: purge: name kinds beside --foreign (modules, dkms, marker, "
                   "libraries, aks-gpu): [foreign] remove in gpuboot.toml names none\n",
                   stderr);
        return exit_usage;
    }
    execute::SystemEffects effects(options.root);
    const auto teardown = options.dry_run ? flow::foresee_foreign(options.root, *kinds)
                                          : flow::purge_foreign(options.root, effects, *kinds);
    if (!teardown) return fail(teardown.error().code, teardown.error().what);
    options.json ? print_json(*teardown) : print(*teardown, options.dry_run);
    // S2-26: another installation may follow a strict one only when nothing of this is left.
    return options.strict && !options.dry_run && !teardown->cleaned ? exit_failed : exit_ready;
}

} // namespace gpuboot::cli
