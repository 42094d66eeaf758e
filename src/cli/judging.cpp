// SPDX-License-Identifier: LGPL-2.1-or-later
// check, plan, facts, list: the commands that read the machine and say what it means.
#include <cstdio>

#include "base/document.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "decide/judge.hpp"
#include "decide/plan.hpp"
#include "flow/look.hpp"
#include "input/gather.hpp"
#include "input/host.hpp"
#include "input/pin.hpp"
#include "report/facts_record.hpp"
#include "report/record.hpp"
#include "report/sentences.hpp"
#include "source/target.hpp"

namespace gpuboot::cli {

namespace {

void print(const std::string& text) { std::fputs(text.c_str(), stdout); }

/// The running kernel; of an offline tree its target, never the kernel that happens to run here.
Result<model::Host> judged_host(const Options& options) {
    model::Host host = input::read_host();
    if (options.root.is_system() && !options.kernel) return host;
    const auto pin = input::read_pin(options.root).pin.value.value_or(model::Pin{});
    auto kernel = source::choose_kernel(options.root, options.kernel, pin);
    if (!kernel) return forward(std::move(kernel).error());
    host.kernel = *kernel;
    return host;
}

Result<model::Facts> read_facts(const Options& options) {
    auto host = judged_host(options);
    if (!host) return forward(std::move(host).error());
    auto world = flow::look_at_store(options.root, *host);
    if (!world) return forward(std::move(world).error());
    return std::move(world->facts);
}

Node verdict_record(const model::Facts& facts, const model::Verdict& verdict) {
    return Table{{"verdict", to_text(verdict.kind)},
                 {"bake", verdict.bake},
                 {"kernel", facts.host.kernel},
                 {"arch", facts.host.arch},
                 {"reasons", report::record_of(verdict.reasons)}};
}

Node bake_record(const model::BakeFact& bake, const std::vector<model::Reason>& reasons) {
    Table record{{"id", bake.id}, {"fits", reasons.empty()}};
    if (const auto& marker = bake.marker.value) {
        std::int64_t bytes = 0;
        for (const auto& module : marker->modules)
            bytes += static_cast<std::int64_t>(module.size);
        record.push_back({"version", marker->driver_version});
        record.push_back({"kind", to_text(marker->kind)});
        record.push_back({"kernel", marker->kernel});
        record.push_back({"bytes", bytes});
    }
    record.push_back({"reasons", report::record_of(reasons)});
    return record;
}

} // namespace

Result<int> check(const Options& options) {
    auto facts = read_facts(options);
    if (!facts) return forward(std::move(facts).error());
    const model::Verdict verdict = decide::judge(*facts);
    print(options.json ? to_json(verdict_record(*facts, verdict)) + "\n"
                       : report::to_sentences(verdict));
    return exit_code_of(verdict.kind);
}

Result<int> plan(const Options& options) {
    auto facts = read_facts(options);
    if (!facts) return forward(std::move(facts).error());
    const model::Verdict verdict = decide::judge(*facts);
    const model::Plan steps = decide::plan(*facts, verdict);
    if (!options.json) {
        print(report::to_sentences(verdict) + "Steps:\n" + report::to_sentences(steps));
        return exit_code_of(verdict.kind);
    }
    Node record = verdict_record(*facts, verdict);
    Array texts;
    for (const model::Step& step : steps)
        texts.push_back(to_text(step));
    std::get<Table>(record.value).push_back({"steps", std::move(texts)});
    print(to_json(record) + "\n");
    return exit_code_of(verdict.kind);
}

Result<int> facts(const Options& options) {
    auto facts = read_facts(options);
    if (!facts) return forward(std::move(facts).error());
    input::read_compile(options.root, *facts); // all there is to know, wanted or not
    const Node record = report::record_of(*facts);
    print(options.json ? to_json(record) + "\n" : to_toml(record));
    return exit_ready;
}

Result<int> list(const Options& options) {
    auto facts = read_facts(options);
    if (!facts) return forward(std::move(facts).error());
    Array records;
    for (const model::BakeFact& bake : facts->bakes) {
        const auto reasons = decide::judge_bake(*facts, bake);
        if (options.json) {
            records.push_back(bake_record(bake, reasons));
            continue;
        }
        print(bake.id + (reasons.empty() ? "  fits\n" : "\n"));
        for (const model::Reason& reason : reasons)
            print("  - " + to_text(reason) + "\n");
    }
    if (options.json) print(to_json(Node(std::move(records))) + "\n");
    return exit_ready;
}

} // namespace gpuboot::cli
