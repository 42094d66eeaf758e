// SPDX-License-Identifier: LGPL-2.1-or-later
// deactivate, opt-out, opt-in: the commands that say whether this machine wants a driver from
// gpuboot.
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/document.hpp"
#include "base/names.hpp"
#include "cli/bus_client.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "execute/lock.hpp"
#include "execute/system_effects.hpp"
#include "flow/check.hpp"
#include "flow/deactivate.hpp"
#include "flow/init.hpp"
#include "report/record.hpp"
#include "report/sentences.hpp"

namespace gpuboot::cli {

namespace {

constexpr std::size_t report_limit = 1 << 20;
constexpr std::chrono::seconds lock_deadline{20};

Result<void> require_root() {
    if (::geteuid() == 0) return {};
    return fail(Errc::Denied, "only root may say what this machine wants");
}

/// What was in the way is a reason; that the machine has opted out, or a mistake in policy, was
/// not.
bool went(const model::Report& report) {
    return std::ranges::all_of(report.after.reasons, [](const model::Reason& reason) {
        return reason.code == model::ReasonCode::OptedOut ||
               reason.code == model::ReasonCode::PolicyMalformed;
    });
}

Result<int> print(const model::Report& report, bool json) {
    const std::string text =
        json ? to_json(report::record_of(report)) + "\n" : report::to_sentences(report);
    std::fputs(text.c_str(), stdout);
    return went(report) ? exit_ready : exit_blocked;
}

Result<int> deactivate_here(const Options& options, bool for_good) {
    execute::SystemEffects effects(options.root);
    if (auto out = for_good ? flow::opt_out(effects) : Result<void>{}; !out)
        return forward(std::move(out).error());
    auto lock = execute::Lock::take(options.root, effects, lock_deadline);
    if (!lock) return forward(std::move(lock).error());
    const auto done = flow::deactivate({options.root, effects});
    if (!done) return fail(done.error().code, done.error().what);
    return print(done->report, options.json);
}

Result<model::Report> last_deactivation(const Root& root) {
    auto text = root.read_text(flow::report_path("deactivate"), report_limit);
    auto record = text ? parse_json(*text) : forward(text.error());
    return record ? report::report_of(*record) : forward(record.error());
}

/// Whether somebody was in the way stands in the phase's report, not in the job's end.
Result<int> deactivate_by(BusClient& client, const Options& options, const char* method) {
    const auto before = last_deactivation(options.root);
    const auto ended = client.run_job(method);
    const auto told = last_deactivation(options.root);
    if (told && (!before || before->began != told->began)) return print(*told, options.json);
    return ended ? fail(told.error().code, told.error().what)
                 : fail(ended.error().code, ended.error().what);
}

Result<int> take_away(const Options& options, const char* method, bool for_good) {
    auto client = BusClient::connect();
    if (client) return deactivate_by(*client, options, method);
    if (client.error().code != Errc::NotFound) return forward(std::move(client).error());
    return deactivate_here(options, for_good);
}

Result<int> run_chain_here(const Options& options) {
    execute::SystemEffects effects(options.root);
    if (auto in = flow::opt_in(options.root, effects); !in) return forward(std::move(in).error());
    if (!options.root.is_system()) return exit_ready;
    const flow::Machine machine{options.root, effects};
    auto lock = execute::Lock::take(options.root, effects, lock_deadline);
    if (!lock) return forward(std::move(lock).error());
    auto last = flow::check(machine, "check");
    if (last && options.root.exists(names::active_link)) last = flow::init(machine);
    if (!last) return forward(std::move(last).error());
    std::fputs(report::to_sentences(*last).c_str(), stdout);
    return exit_code_of(last->after.kind);
}

} // namespace

Result<int> deactivate(const Options& options) {
    if (auto able = require_root(); !able) return forward(std::move(able).error());
    if (!options.root.is_system())
        return fail(Errc::Unsupported,
                    "no driver runs in a tree; for an image: gpubootctl opt-out");
    return take_away(options, "Deactivate", false);
}

Result<int> opt_out(const Options& options) {
    if (auto able = require_root(); !able) return forward(std::move(able).error());
    if (options.root.is_system()) return take_away(options, "OptOut", true);
    execute::SystemEffects effects(options.root);
    if (auto out = flow::opt_out(effects); !out) return forward(std::move(out).error());
    return exit_ready;
}

Result<int> opt_in(const Options& options) {
    if (auto able = require_root(); !able) return forward(std::move(able).error());
    if (!options.root.is_system()) return run_chain_here(options);
    auto client = BusClient::connect();
    if (!client && client.error().code == Errc::NotFound) return run_chain_here(options);
    if (!client) return forward(std::move(client).error());
    if (auto done = client->run_job("OptIn"); !done) return forward(std::move(done).error());
    return why(options);
}

} // namespace gpuboot::cli
