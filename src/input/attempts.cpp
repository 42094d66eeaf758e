// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/attempts.hpp"

#include "base/document.hpp"
#include "base/names.hpp"

namespace gpuboot::input {

namespace {

constexpr std::size_t record_limit = 64 << 10;

std::optional<Node> read_record(const Root& root, const std::string& path) {
    auto text = root.read_text(path, record_limit);
    if (!text) return std::nullopt;
    auto record = parse_json(*text);
    if (!record) return std::nullopt;
    return std::move(*record);
}

} // namespace

std::vector<model::RefusedLoad> read_refused_loads(const Root& root) {
    std::vector<model::RefusedLoad> refused;
    auto names = root.list(names::tried_directory);
    if (!names) return refused;
    for (const std::string& name : *names) {
        if (!name.starts_with("load-")) continue;
        auto record = read_record(root, std::string(names::tried_directory) + "/" + name);
        if (!record) continue;
        const Node* error = record->find("errno");
        const auto* number = error ? std::get_if<std::int64_t>(&error->value) : nullptr;
        refused.push_back({record->text("bake"), record->text("module"),
                           number ? static_cast<int>(*number) : 0, record->text("kernel_line")});
    }
    return refused;
}

std::optional<model::RebuildAttempt> read_rebuild_attempt(const Root& root) {
    auto record = read_record(root, std::string(names::tried_rebuild));
    if (!record) return std::nullopt;
    using Cause = model::RebuildAttempt::Cause;
    const std::string cause = record->text("cause");
    return model::RebuildAttempt{record->text("error"),
                                 cause == "repeated" ? Cause::Repeated
                                 : cause == "memory" ? Cause::Memory
                                                     : Cause::Failed,
                                 record->text("bake")};
}

} // namespace gpuboot::input
