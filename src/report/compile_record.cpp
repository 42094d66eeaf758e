// SPDX-License-Identifier: LGPL-2.1-or-later
#include "report/compile_record.hpp"

#include <array>
#include <utility>

#include "report/table_parts.hpp"

namespace gpuboot::report {

namespace {

using namespace model;
using What = Lack::What;
using Cause = RebuildAttempt::Cause;

constexpr std::array<std::pair<What, std::string_view>, 3> whats{
    {{What::Headers, "headers"}, {What::Compiler, "compiler"}, {What::Tool, "tool"}}};
constexpr std::array<std::pair<Cause, std::string_view>, 3> causes{
    {{Cause::Failed, "failed"}, {Cause::Repeated, "repeated"}, {Cause::Memory, "memory"}}};

template <class Words, class Value> std::string_view word_of(const Words& words, Value value) {
    for (const auto& [known, word] : words)
        if (known == value) return word;
    return "";
}

/// The first of the words stands for one that is unknown; `choice` has told that flaw then.
template <class Words> auto value_of(const Words& words, std::string_view text) {
    for (const auto& [value, word] : words)
        if (word == text) return value;
    return words.front().first;
}

Table record_of_lack(const Lack& lack) {
    return {{"what", word_of(whats, lack.what)},
            {"path", lack.path},
            {"found", lack.found},
            {"package", lack.package}};
}

Table record_of_failed(const FailedBuild& build) {
    return {{"id", build.id}, {"error", build.error}};
}

Lack lack_of(Fields& fields) {
    const What what = value_of(whats, fields.choice("what", {"headers", "compiler", "tool"}));
    return {what, fields.text("path"), fields.text("found"), fields.text("package")};
}

FailedBuild failed_of(Fields& fields) { return {fields.text("id"), fields.text("error")}; }

} // namespace

void put_compile(Table& table, const Facts& facts) {
    if (facts.rebuilt) {
        Table rebuilt;
        put(rebuilt, "error", facts.rebuilt->error);
        if (facts.rebuilt->cause != Cause::Failed)
            rebuilt.push_back({"cause", word_of(causes, facts.rebuilt->cause)});
        put(rebuilt, "bake", facts.rebuilt->bake);
        table.push_back({"rebuilt", std::move(rebuilt)});
    }
    put(table, "lack", facts.lacks, record_of_lack);
    put(table, "failed_build", facts.failed_builds, record_of_failed);
}

void read_compile(Fields& fields, Facts& facts) {
    if (auto rebuilt = fields.optional_table("rebuilt")) {
        RebuildAttempt attempt;
        attempt.error = text_or_empty(*rebuilt, "error");
        if (rebuilt->optional_text("cause"))
            attempt.cause =
                value_of(causes, rebuilt->choice("cause", {"failed", "repeated", "memory"}));
        attempt.bake = text_or_empty(*rebuilt, "bake");
        facts.rebuilt = std::move(attempt);
        fields.adopt(*rebuilt);
    }
    facts.lacks = read_each(fields, "lack", lack_of);
    facts.failed_builds = read_each(fields, "failed_build", failed_of);
}

} // namespace gpuboot::report
