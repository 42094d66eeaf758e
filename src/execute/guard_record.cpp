// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/guard_record.hpp"

#include "base/fields.hpp"
#include "base/names.hpp"
#include "base/sealed.hpp"

namespace gpuboot::execute {

namespace {

using namespace model;

constexpr int record_format = 1;
constexpr std::size_t record_limit = std::size_t{64} << 10;

GuardStage stage_of(std::string_view word) {
    for (const GuardStage stage : {GuardStage::Set, GuardStage::Overruled})
        if (word == to_text(stage)) return stage;
    return GuardStage::Changing;
}

} // namespace

Result<std::optional<GuardRecord>> read_guard_record(const Root& root) {
    const std::string path(names::guard_record);
    const auto text = root.read_text(path, record_limit);
    if (!text && text.error().code == Errc::NotFound) return std::nullopt;
    if (!text) return forward(text.error());
    const auto payload = unseal(*text);
    if (!payload) return std::nullopt;
    const auto document = parse_json(*payload);
    if (!document) return forward(document.error(), path);
    Fields fields(path, *document);
    if (fields.number("format", 1, 1 << 30) > record_format)
        return fail(Errc::Unsupported, path + " is of a newer gpuboot");
    GuardRecord record;
    record.stage =
        stage_of(fields.choice("stage", {to_text(GuardStage::Changing), to_text(GuardStage::Set),
                                         to_text(GuardStage::Overruled)}));
    record.file = fields.text("file");
    record.set = fields.text("set");
    record.before = fields.optional_text("before").value_or("");
    record.kernel = fields.text("kernel");
    record.newest = fields.text("newest");
    if (auto flaw = fields.flaw()) return fail(Errc::BadInput, *flaw);
    return record;
}

Result<void> write_guard_record(Effects& effects, const GuardRecord& record) {
    Table table{{"format", record_format},
                {"stage", to_text(record.stage)},
                {"file", record.file},
                {"set", record.set}};
    if (!record.before.empty()) table.push_back({"before", record.before});
    table.push_back({"kernel", record.kernel});
    table.push_back({"newest", record.newest});
    if (auto made = effects.ensure_directory(names::state_directory, 0755); !made) return made;
    return effects.replace_record(names::guard_record, seal(to_json(table, false)));
}

Result<void> remove_guard_record(Effects& effects) {
    if (auto removed = effects.remove(names::guard_record); !removed) return removed;
    return effects.sync_directory(names::state_directory);
}

} // namespace gpuboot::execute
