// SPDX-License-Identifier: LGPL-2.1-or-later
#include "report/compile_record.hpp"

#include <array>
#include <utility>

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

/// What is not said, is left out.
void put(Table& table, const char* key, const std::string& text) {
    if (!text.empty()) table.push_back({key, text});
}

/// The tables under `key`; none when there is no such key.
std::vector<Fields> tables(Fields& fields, std::string_view key) {
    Fields probe = fields; // `tables` would demand the key
    if (!probe.optional_texts(key)) {
        (void)fields.optional_texts(key); // known, and absent
        return {};
    }
    return fields.tables(key);
}

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
    Array lacks, failed;
    for (const Lack& lack : facts.lacks)
        lacks.push_back(Table{{"what", word_of(whats, lack.what)},
                              {"path", lack.path},
                              {"found", lack.found},
                              {"package", lack.package}});
    for (const FailedBuild& build : facts.failed_builds)
        failed.push_back(Table{{"id", build.id}, {"error", build.error}});
    if (!lacks.empty()) table.push_back({"lack", std::move(lacks)});
    if (!failed.empty()) table.push_back({"failed_build", std::move(failed)});
}

void read_compile(Fields& fields, Facts& facts) {
    if (auto rebuilt = fields.optional_table("rebuilt")) {
        RebuildAttempt attempt;
        attempt.error = rebuilt->optional_text("error").value_or("");
        if (rebuilt->optional_text("cause"))
            attempt.cause =
                value_of(causes, rebuilt->choice("cause", {"failed", "repeated", "memory"}));
        attempt.bake = rebuilt->optional_text("bake").value_or("");
        facts.rebuilt = std::move(attempt);
        fields.adopt(*rebuilt);
    }
    for (Fields& lack : tables(fields, "lack")) {
        const What what = value_of(whats, lack.choice("what", {"headers", "compiler", "tool"}));
        facts.lacks.push_back({what, lack.text("path"), lack.text("found"), lack.text("package")});
        fields.adopt(lack);
    }
    for (Fields& build : tables(fields, "failed_build")) {
        facts.failed_builds.push_back({build.text("id"), build.text("error")});
        fields.adopt(build);
    }
}

} // namespace gpuboot::report
