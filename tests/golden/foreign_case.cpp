// SPDX-License-Identifier: LGPL-2.1-or-later
#include "golden/foreign_case.hpp"

#include <algorithm>
#include <iterator>

#include "base/fields.hpp"
#include "decide/foreign_removal.hpp"

namespace gpuboot::golden {

namespace {

using namespace model;

std::string text_or_none(Fields& fields, std::string_view key) {
    return fields.optional_text(key).value_or("");
}

ForeignEntry entry_of(Fields& fields) {
    ForeignEntry entry;
    const std::string kind = fields.text("kind");
    const auto known = removable_kind_of(kind);
    if (!known) fields.refuse("kind", removable_words, why_not_removable(kind));
    entry.kind = known.value_or(ForeignKind::Modules);
    entry.path = fields.text("path");
    if (fields.optional_text("type"))
        entry.type = *entry_type_of(fields.choice("type", {"file", "link", "directory"}));
    entry.target = text_or_none(fields, "target");
    entry.size = static_cast<std::uint64_t>(fields.optional_number("size", 0, 1 << 30).value_or(0));
    if (entry.type == EntryType::File) entry.sha256 = std::string(64, '0');
    entry.gives_rights = fields.optional_flag("rights").value_or(false);
    return entry;
}

ForeignFind find_of(Fields& fields) {
    ForeignFind find;
    find.entry = entry_of(fields);
    find.version = text_or_none(fields, "version");
    find.module = text_or_none(fields, "module");
    find.srcversion = text_or_none(fields, "srcversion");
    find.owner = text_or_none(fields, "owner");
    find.detour = text_or_none(fields, "detour");
    find.flaw = text_or_none(fields, "flaw");
    return find;
}

/// Each table under `key`, as `reader` makes something of it; there may be none.
auto read_all(Fields& fields, std::string_view key, auto reader) {
    std::vector<decltype(reader(fields))> all;
    for (Fields& nested : fields.optional_tables(key)) {
        all.push_back(reader(nested));
        fields.adopt(nested);
    }
    return all;
}

std::vector<ForeignKind> kinds_of(Fields& fields) {
    std::vector<ForeignKind> kinds;
    auto ask = fields.table("ask");
    for (const std::string& word : ask.optional_texts("kinds").value_or(std::vector<std::string>{}))
        if (const auto kind = removable_kind_of(word))
            kinds.push_back(*kind);
        else
            ask.refuse("kinds", removable_words, why_not_removable(word));
    fields.adopt(ask);
    return kinds;
}

} // namespace

Result<Answer> answer_foreign(const std::string& file, const Node& record) {
    Fields fields(file, record);
    ForeignInventory inventory;
    inventory.finds = read_all(fields, "find", find_of);
    inventory.told = read_all(fields, "told", [](Fields& told) {
        return Foreign{ForeignKind::Initramfs, told.text("path"), "", text_or_none(told, "detail"),
                       text_or_none(told, "flaw")};
    });
    inventory.running = read_all(fields, "running", [](Fields& module) {
        RunningModule running;
        running.name = module.text("name");
        running.srcversion = text_or_none(module, "srcversion");
        return running;
    });
    inventory.loaded_version = text_or_none(fields, "loaded");
    inventory.loaded_is_ours = fields.optional_flag("ours").value_or(false);
    const auto kinds = kinds_of(fields);
    const auto begun = read_all(fields, "begun", entry_of);
    if (auto flaw = fields.flaw()) return fail(Errc::BadInput, *flaw);

    const ForeignPlan plan = decide::plan_foreign(inventory, kinds, begun);
    Answer answer;
    answer.reasons = plan.kept;
    answer.text = to_text(decide::state_of(inventory), "before") + "\nGoes:\n";
    for (const ForeignEntry& entry : plan.remove)
        answer.text += "  " + entry.path + ": " + describe(entry) + "\n";
    answer.text += "Stays:\n";
    for (const Reason& reason : plan.kept)
        answer.text += "  - " + to_text(reason) + " [" + std::string(name_of(reason)) + "]\n  => " +
                       std::string(remedy_of(reason)) + "\n";
    answer.text += decide::is_clean(plan) ? "Nothing of it is left.\n" : "";
    return answer;
}

} // namespace gpuboot::golden
