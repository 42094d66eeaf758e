// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/kept_answers.hpp"

#include <fcntl.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/digest.hpp"
#include "base/document.hpp"
#include "base/names.hpp"
#include "base/sealed.hpp"
#include "source/headers_digest.hpp"

namespace gpuboot::execute {

namespace {

constexpr std::int64_t format = 1;
constexpr std::size_t keys_kept = 4;

struct Kept {
    std::string key;
    Answers answers;
};

/// Absent when others than root could have written it.
std::optional<std::string> read_own(const Root& root) {
    auto fd = root.open_at(names::kept_answers, O_RDONLY | O_NOFOLLOW);
    if (!fd) return std::nullopt;
    const auto status = require_regular(fd->get(), names::kept_answers);
    if (!status || status->st_uid != 0 || (status->st_mode & 022) != 0 || status->st_nlink != 1)
        return std::nullopt;
    auto bytes = read_rest(fd->get(), kept_answers_limit);
    if (!bytes) return std::nullopt;
    return std::string(text_of(*bytes));
}

std::optional<Kept> parse_one(const Node& record) {
    const Node* answers = record.find("answers");
    const auto* table = answers ? std::get_if<Table>(&answers->value) : nullptr;
    Kept kept{record.text("key"), {}};
    if (!table || !model::is_sha256(kept.key) || table->size() > answers_limit) return std::nullopt;
    for (const Member& member : *table) {
        const auto* text = std::get_if<std::string>(&member.node.value);
        if (!text || !is_answer(member.key, *text)) return std::nullopt;
        kept.answers.emplace(member.key, *text);
    }
    return kept;
}

/// The newest first; absent when a single word of it is not as keep_answers() wrote it.
std::optional<std::vector<Kept>> parse(const std::string& text) {
    const auto payload = unseal(text);
    const auto record = payload ? parse_json(*payload) : fail(Errc::BadInput, "");
    const Node* version = record ? record->find("format") : nullptr;
    const Node* list = record ? record->find("kept") : nullptr;
    const auto* number = version ? std::get_if<std::int64_t>(&version->value) : nullptr;
    const auto* array = list ? std::get_if<Array>(&list->value) : nullptr;
    if (!number || *number != format || !array || array->size() > keys_kept) return std::nullopt;
    std::vector<Kept> all;
    for (const Node& node : *array) {
        auto one = parse_one(node);
        if (!one) return std::nullopt;
        all.push_back(std::move(*one));
    }
    return all;
}

std::vector<Kept> read_all(const Root& root, Effects& effects) {
    if (!root.status(names::kept_answers)) return {};
    const auto text = read_own(root);
    auto all = text ? parse(*text) : std::nullopt;
    if (!all) (void)effects.remove(names::kept_answers); // what is lost is time
    return all.value_or(std::vector<Kept>{});
}

Node record_of(const Kept& kept) {
    Table answers;
    for (const auto& [path, text] : kept.answers)
        answers.push_back({path, text});
    return Table{{"key", kept.key}, {"answers", std::move(answers)}};
}

} // namespace

Result<std::string> answers_key(const Root& root, const source::Recipe& recipe,
                                const source::Target& target) {
    auto headers = source::digest_all_headers(root, target.kernel);
    if (!headers) return headers;
    return sha256_hex(bytes_of("gpuboot conftest " + std::to_string(format) + "\nsource " +
                               recipe.sha256 + "\nkernel " + target.kernel + "\narch " +
                               target.arch + "\nheaders " + *headers + "\ncompiler " +
                               target.compiler + "\nprogram " + target.tools.compiler + "\nllvm " +
                               target.tools.llvm + "\n"));
}

Answers read_answers(const Root& root, Effects& effects, const std::string& key) {
    for (Kept& kept : read_all(root, effects))
        if (kept.key == key) return std::move(kept.answers);
    return {};
}

Result<void> keep_answers(const Root& root, Effects& effects, const std::string& key,
                          Answers answers) {
    auto all = read_all(root, effects);
    std::erase_if(all, [&](const Kept& kept) { return kept.key == key; });
    all.insert(all.begin(), {key, std::move(answers)});
    all.resize(std::min(all.size(), keys_kept));
    Array list;
    for (const Kept& kept : all)
        list.push_back(record_of(kept));
    const std::string text = seal(to_json(Table{{"format", format}, {"kept", list}}, false));
    if (text.size() > kept_answers_limit)
        return fail(Errc::BadInput, "more answers than are worth keeping");
    if (auto made = effects.ensure_directory(names::records_directory, 0755); !made) return made;
    return effects.replace_record(names::kept_answers, text);
}

} // namespace gpuboot::execute
