// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/fields.hpp"

#include <algorithm>

namespace gpuboot {

namespace {

std::string describe(const Node& node) {
    if (const auto* text = std::get_if<std::string>(&node.value)) {
        if (text->find_first_not_of(" \t\r\n") == std::string::npos) return "a blank string";
        return "the string \"" + text->substr(0, 80) + "\"";
    }
    if (const auto* number = std::get_if<std::int64_t>(&node.value))
        return "the number " + std::to_string(*number);
    if (const auto* truth = std::get_if<bool>(&node.value)) return *truth ? "true" : "false";
    return std::holds_alternative<Array>(node.value) ? "an array" : "a table";
}

bool blank(const std::string& text) {
    return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

} // namespace

Fields::Fields(std::string file, const Node& table, std::string prefix)
    : file_(std::move(file)), table_(table), prefix_(std::move(prefix)) {
    if (!std::holds_alternative<Table>(table_.value)) {
        mistyped("", "a table", table_);
        table_.value = Table{};
    }
}

const Node* Fields::take(std::string_view key) {
    asked_.emplace(key);
    return table_.find(key);
}

std::string Fields::place_of(std::string_view key) const {
    const Node* node = table_.find(key);
    const int line = node ? node->line : table_.line;
    return file_ + ":" + std::to_string(std::max(line, 1)) + ": " + prefix_ + std::string(key);
}

void Fields::refuse(std::string_view key, std::string_view wanted, std::string_view found) {
    if (flaw_.empty())
        flaw_ = place_of(key) + ": wanted " + std::string(wanted) + ", found " + std::string(found);
}

void Fields::mistyped(std::string_view key, std::string_view wanted, const Node& found) {
    refuse(key, wanted, describe(found));
}

const Node* Fields::require(std::string_view key, std::string_view wanted) {
    const Node* node = take(key);
    if (!node) refuse(key, wanted, "nothing");
    return node;
}

std::string Fields::text(std::string_view key) {
    const Node* node = require(key, "a string");
    if (!node) return "";
    const auto* text = std::get_if<std::string>(&node->value);
    if (text && !blank(*text)) return *text;
    mistyped(key, "a string", *node);
    return "";
}

std::optional<std::string> Fields::optional_text(std::string_view key) {
    if (!table_.find(key)) {
        asked_.emplace(key);
        return std::nullopt;
    }
    return text(key);
}

std::int64_t Fields::number(std::string_view key, std::int64_t least, std::int64_t most) {
    const std::string wanted =
        "a whole number from " + std::to_string(least) + " to " + std::to_string(most);
    const Node* node = require(key, wanted);
    if (!node) return least;
    const auto* number = std::get_if<std::int64_t>(&node->value);
    if (number && *number >= least && *number <= most) return *number;
    mistyped(key, wanted, *node);
    return least;
}

std::optional<std::int64_t> Fields::optional_number(std::string_view key, std::int64_t least,
                                                    std::int64_t most) {
    if (!take(key)) return std::nullopt;
    return number(key, least, most);
}

std::optional<bool> Fields::optional_flag(std::string_view key) {
    const Node* node = take(key);
    if (!node) return std::nullopt;
    if (const auto* truth = std::get_if<bool>(&node->value)) return *truth;
    mistyped(key, "true or false", *node);
    return std::nullopt;
}

std::optional<std::vector<std::string>> Fields::optional_texts(std::string_view key) {
    const Node* node = take(key);
    if (!node) return std::nullopt;
    std::vector<std::string> texts;
    if (const auto* array = std::get_if<Array>(&node->value)) {
        for (const Node& element : *array) {
            const auto* text = std::get_if<std::string>(&element.value);
            if (text && !blank(*text))
                texts.push_back(*text);
            else
                mistyped(key, "an array of strings", element);
        }
        return texts;
    }
    mistyped(key, "an array of strings", *node);
    return texts;
}

std::string Fields::choice(std::string_view key, std::initializer_list<std::string_view> choices) {
    std::string wanted;
    for (std::string_view option : choices)
        wanted += (wanted.empty() ? "" : " | ") + ("\"" + std::string(option) + "\"");
    const Node* node = require(key, wanted);
    if (!node) return "";
    const auto* text = std::get_if<std::string>(&node->value);
    if (text && std::ranges::find(choices, *text) != choices.end()) return *text;
    mistyped(key, wanted, *node);
    return "";
}

Fields Fields::table(std::string_view key) {
    const Node* node = require(key, "a table [" + prefix_ + std::string(key) + "]");
    const std::string prefix = prefix_ + std::string(key) + ".";
    if (node && std::holds_alternative<Table>(node->value)) return {file_, *node, prefix};
    if (node) mistyped(key, "a table", *node);
    return {file_, Node(Table{}), prefix};
}

std::optional<Fields> Fields::optional_table(std::string_view key) {
    if (!take(key)) return std::nullopt;
    return table(key);
}

std::vector<Fields> Fields::tables(std::string_view key) {
    std::vector<Fields> tables;
    const Node* node = require(key, "an array of tables [[" + prefix_ + std::string(key) + "]]");
    if (!node) return tables;
    const auto* array = std::get_if<Array>(&node->value);
    if (!array) {
        mistyped(key, "an array of tables", *node);
        return tables;
    }
    for (std::size_t i = 0; i < array->size(); ++i)
        tables.emplace_back(file_, (*array)[i],
                            prefix_ + std::string(key) + "[" + std::to_string(i) + "].");
    return tables;
}

std::vector<Fields> Fields::optional_tables(std::string_view key) {
    if (!take(key)) return {};
    return tables(key);
}

void Fields::adopt(Fields& nested) {
    auto flaw = nested.flaw();
    if (flaw && flaw_.empty()) flaw_ = *flaw;
}

std::optional<std::string> Fields::flaw() {
    for (const Member& member : std::get<Table>(table_.value)) {
        if (asked_.contains(member.key) || !flaw_.empty()) continue;
        flaw_ = file_ + ":" + std::to_string(std::max(member.node.line, 1)) + ": " + prefix_ +
                member.key + ": unknown key";
    }
    if (flaw_.empty()) return std::nullopt;
    return flaw_;
}

} // namespace gpuboot
