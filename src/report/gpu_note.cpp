// SPDX-License-Identifier: LGPL-2.1-or-later
#include "report/gpu_note.hpp"

#include "base/document.hpp"

namespace gpuboot::report {

namespace {

std::int64_t number(const Node& note, std::string_view key) {
    const Node* node = note.find(key);
    const auto* value = node ? std::get_if<std::int64_t>(&node->value) : nullptr;
    return value ? *value : 0;
}

} // namespace

std::string note_text(const model::GpuNote& note) {
    Table table{{"phase", note.phase}, {"began", note.began}};
    if (!note.node.empty()) {
        table.push_back({"node", note.node});
        table.push_back({"major", static_cast<std::int64_t>(note.major)});
        table.push_back({"minor", static_cast<std::int64_t>(note.minor)});
    }
    return to_toml(Node(std::move(table)));
}

Result<model::GpuNote> note_of(std::string_view text) {
    auto node = parse_toml(text);
    if (!node) return forward(std::move(node).error());
    model::GpuNote note{node->text("phase"), number(*node, "began"), node->text("node")};
    if (note.phase.empty()) return fail(Errc::BadInput, "no note: wanted the field phase");
    note.major = static_cast<unsigned>(number(*node, "major"));
    note.minor = static_cast<unsigned>(number(*node, "minor"));
    return note;
}

std::string note_name(const std::string& address) { return address + ".toml"; }

} // namespace gpuboot::report
