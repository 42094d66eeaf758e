// SPDX-License-Identifier: LGPL-2.1-or-later
// bake, rebuild: the commands that compile.
#include <unistd.h>

#include <cstdio>

#include "base/document.hpp"
#include "base/names.hpp"
#include "cli/bus_client.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "cli/progress.hpp"
#include "execute/lock.hpp"
#include "execute/system_effects.hpp"
#include "flow/bake.hpp"
#include "flow/check.hpp"
#include "flow/init.hpp"
#include "flow/progress_note.hpp"
#include "flow/rebuild.hpp"
#include "input/pin.hpp"
#include "report/sentences.hpp"

namespace gpuboot::cli {

namespace {

void print(const std::string& text) { std::fputs(text.c_str(), stdout); }

Result<model::Pin> require_pin(const Root& root) {
    auto reading = input::read_pin(root);
    if (reading.pin.value) return *reading.pin.value;
    const auto code =
        reading.pin.flaw.empty() ? model::ReasonCode::PinMissing : model::ReasonCode::PinMalformed;
    const model::Reason reason{code, reading.path, "a driver version", reading.pin.flaw};
    return fail(Errc::BadInput, to_text(reason) + "\n  => " + std::string(remedy_of(reason)));
}

Node record_of(const flow::BakeResult& baked) {
    Table record{{"id", baked.id},
                 {"path", baked.path},
                 {"bytes", static_cast<std::int64_t>(baked.bytes)},
                 {"usec", static_cast<std::int64_t>(baked.usec)},
                 {"reused", baked.reused}};
    if (const auto& times = baked.times) {
        record.push_back({"probing_usec", times->probing_usec});
        record.push_back({"compiling_usec", times->compiling_usec});
        record.push_back({"questions", static_cast<std::int64_t>(times->asked)});
        record.push_back({"answers_kept", static_cast<std::int64_t>(times->kept)});
    }
    return record;
}

void print_bake(const flow::BakeResult& baked, bool json) {
    const double seconds = static_cast<double>(baked.usec) / 1e6;
    if (json) {
        print(to_json(record_of(baked)) + "\n");
        return;
    }
    std::printf("bake  %s%s\nsize  %.1f MiB\ntime  %.1f s\n", baked.id.c_str(),
                baked.reused ? " (there already, nothing compiled)" : "",
                static_cast<double>(baked.bytes) / (1 << 20), seconds);
    if (baked.times) print("      " + to_text(*baked.times) + "\n");
}

Result<model::Report> check_and_init(const flow::Machine& machine) {
    auto checked = flow::check(machine, "recheck");
    if (!checked) return forward(std::move(checked).error(), "check");
    if (!machine.root.exists(names::active_link)) return checked;
    auto initialised = flow::init(machine);
    if (!initialised) return forward(std::move(initialised).error(), "init");
    return initialised;
}

Result<int> rebuild_here(const Options& options) {
    if (::geteuid() != 0)
        return fail(Errc::Denied, "gpubootd does not answer, and only root can rebuild without it");
    execute::SystemEffects effects(options.root);
    const flow::Machine machine{options.root, effects};
    ProgressView view;
    flow::BakeOptions how;
    how.force = options.force;
    how.on_progress = [&](const execute::Progress& progress) { view.show(progress); };
    auto rebuilt = flow::rebuild(machine, how);
    if (!rebuilt) return forward(std::move(rebuilt).error(), "rebuild");
    auto last = check_and_init(machine);
    if (last && flow::recheck_is_wanted(options.root)) last = check_and_init(machine);
    if (!last) return forward(std::move(last).error());
    print(report::to_sentences(*last));
    return exit_code_of(last->after.kind);
}

} // namespace

Result<int> bake(const Options& options) {
    if (options.later) return bake_later(options);
    auto pin = require_pin(options.root);
    if (!pin) return forward(std::move(pin).error());
    execute::SystemEffects effects(options.root);
    flow::BakeOptions how;
    how.kernel = options.kernel;
    how.force = options.force;
    Result<flow::BakeResult> baked = fail(Errc::Internal, "");
    {
        ProgressView view;
        how.on_progress = [&](const execute::Progress& progress) { view.show(progress); };
        baked = flow::bake(options.root, effects, *pin, how);
    }
    if (!baked && baked.error().code == Errc::Remembered)
        return forward(std::move(baked).error(),
                       "not compiled, because the same inputs failed before (--force tries again)");
    if (!baked) return forward(std::move(baked).error());
    print_bake(*baked, options.json);
    return exit_ready;
}

Result<int> rebuild(const Options& options) {
    if (!options.root.is_system())
        return fail(Errc::Unsupported, "a rebuild is of this machine; for a tree: gpubootctl bake");
    auto client = BusClient::connect();
    if (!client && client.error().code == Errc::NotFound) return rebuild_here(options);
    if (!client) return forward(std::move(client).error());
    Result<void> done;
    {
        ProgressView view;
        done = client->run_job("Rebuild", options.force, [&] {
            if (const auto progress = flow::read_progress(options.root)) view.show(*progress);
        });
    }
    if (!done) return forward(std::move(done).error());
    return why(options);
}

} // namespace gpuboot::cli
