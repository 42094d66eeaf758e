// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/foreign_intent.hpp"

#include "base/fields.hpp"
#include "base/names.hpp"
#include "base/sealed.hpp"

namespace gpuboot::execute {

namespace {

using namespace model;

constexpr int intent_format = 1;
constexpr std::size_t intent_limit = std::size_t{32} << 20;
constexpr std::int64_t largest = std::int64_t{1} << 62;

Table record_of(const ForeignEntry& entry) {
    Table table{{"kind", to_text(entry.kind)}, {"path", entry.path}, {"type", to_text(entry.type)}};
    if (entry.type == EntryType::File) {
        table.push_back({"size", static_cast<std::int64_t>(entry.size)});
        table.push_back({"sha256", entry.sha256});
    }
    if (entry.type == EntryType::Link) table.push_back({"target", entry.target});
    if (entry.gives_rights) table.push_back({"gives_rights", true});
    return table;
}

ForeignEntry entry_of(Fields& fields) {
    ForeignEntry entry;
    const std::string kind = fields.text("kind"), type = fields.text("type");
    const auto known_kind = removable_kind_of(kind);
    const auto known_type = entry_type_of(type);
    if (!known_kind) fields.refuse("kind", removable_words, why_not_removable(kind));
    if (!known_type) fields.refuse("type", "file, link or directory", type);
    entry.kind = known_kind.value_or(ForeignKind::Modules);
    entry.type = known_type.value_or(EntryType::Directory);
    entry.path = fields.text("path");
    if (!entry.path.starts_with('/')) fields.refuse("path", "an absolute path", entry.path);
    if (entry.type == EntryType::File) {
        entry.size = static_cast<std::uint64_t>(fields.number("size", 0, largest));
        entry.sha256 = fields.text("sha256");
    }
    if (entry.type == EntryType::Link) entry.target = fields.text("target");
    entry.gives_rights = fields.optional_flag("gives_rights").value_or(false);
    return entry;
}

} // namespace

Result<void> write_intent(Effects& effects, const std::vector<ForeignEntry>& entries) {
    Array list;
    for (const ForeignEntry& entry : entries)
        list.push_back(record_of(entry));
    const Table table{{"format", intent_format}, {"entries", std::move(list)}};
    if (auto made = effects.ensure_directory(names::state_directory, 0755); !made) return made;
    return effects.replace_record(names::foreign_intent, seal(to_json(table, false)));
}

Result<void> remove_intent(Effects& effects) {
    if (auto removed = effects.remove(names::foreign_intent); !removed) return removed;
    return effects.sync_directory(names::state_directory);
}

Result<std::vector<ForeignEntry>> read_intent(const Root& root) {
    const std::string path(names::foreign_intent);
    std::vector<ForeignEntry> entries;
    auto text = root.read_text(path, intent_limit);
    if (!text && text.error().code == Errc::NotFound) return entries;
    if (!text) return forward(std::move(text).error());
    const auto payload = unseal(*text);
    if (!payload) return entries;
    auto document = parse_json(*payload);
    if (!document) return forward(std::move(document).error(), path);
    Fields fields(path, *document);
    if (fields.number("format", 1, largest) > intent_format)
        return fail(Errc::Unsupported, path + " is of a newer gpuboot");
    for (Fields& nested : fields.tables("entries")) {
        entries.push_back(entry_of(nested));
        fields.adopt(nested);
    }
    if (auto flaw = fields.flaw()) return fail(Errc::BadInput, *flaw);
    return entries;
}

} // namespace gpuboot::execute
