// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/document.hpp"

#include <nlohmann/json.hpp>
// A malformed file is an error that is told, never the end of the program: toml++'s assertions fail
// on some that its parser then refuses, and with NDEBUG the compiler would take them for granted.
#undef NDEBUG
#define TOML_ASSERT(condition) static_cast<void>(0)
#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

namespace gpuboot {

namespace {

using Json = nlohmann::ordered_json;

/// What to do with a date or a fraction, for which Node has no place.
enum class Others { Refused, AsBlank };

template <class Entry>
Result<Node> from_toml(const Entry& entry, std::string_view file, Others others);

Result<Node> from_toml_table(const toml::table& source, std::string_view file, Others others) {
    struct Placed {
        toml::source_position at;
        Member member;
    };
    std::vector<Placed> placed;
    for (const auto& [key, value] : source) {
        auto node = from_toml(value, file, others);
        if (!node) return node;
        placed.push_back({key.source().begin, {std::string(key.str()), std::move(*node)}});
    }
    std::ranges::sort(placed, [](const Placed& a, const Placed& b) { return a.at < b.at; });
    Table table;
    for (Placed& entry : placed) {
        entry.member.node.line = static_cast<int>(entry.at.line);
        table.push_back(std::move(entry.member));
    }
    return Node(std::move(table));
}

Result<Node> from_toml_array(const toml::array& source, std::string_view file, Others others) {
    Array array;
    for (const auto& element : source) {
        auto node = from_toml(element, file, others);
        if (!node) return node;
        array.push_back(std::move(*node));
    }
    return Node(std::move(array));
}

template <class Entry>
Result<Node> from_toml(const Entry& entry, std::string_view file, Others others) {
    Result<Node> node = Node();
    if (const auto* text = entry.as_string())
        node = Node(text->get());
    else if (const auto* number = entry.as_integer())
        node = Node(number->get());
    else if (const auto* truth = entry.as_boolean())
        node = Node(truth->get());
    else if (const auto* array = entry.as_array())
        node = from_toml_array(*array, file, others);
    else if (const auto* table = entry.as_table())
        node = from_toml_table(*table, file, others);
    else if (others == Others::Refused)
        return fail(Errc::BadInput, std::string(file) + ":" +
                                        std::to_string(entry.source().begin.line) +
                                        ": dates and fractions have no use here");
    if (node && node->line == 0) node->line = static_cast<int>(entry.source().begin.line);
    return node;
}

Result<Node> from_json(const Json& source, int depth = 64) {
    if (depth == 0) return fail(Errc::BadInput, "nested too deep");
    if (source.is_string()) return Node(source.get<std::string>());
    if (source.is_boolean()) return Node(source.get<bool>());
    if (source.is_number_unsigned() && source.get<std::uint64_t>() > INT64_MAX)
        return fail(Errc::BadInput, "a number beyond 63 bits");
    if (source.is_number_integer()) return Node(source.get<std::int64_t>());
    if (source.is_array()) {
        Array array;
        for (const Json& element : source) {
            auto node = from_json(element, depth - 1);
            if (!node) return node;
            array.push_back(std::move(*node));
        }
        return Node(std::move(array));
    }
    if (!source.is_object()) return fail(Errc::BadInput, "null and fractions have no use here");
    Table table;
    for (const auto& [key, value] : source.items()) {
        auto node = from_json(value, depth - 1);
        if (!node) return node;
        table.push_back({key, std::move(*node)});
    }
    return Node(std::move(table));
}

Json json_of(const Node& node) {
    if (const auto* array = std::get_if<Array>(&node.value)) {
        Json json = Json::array();
        for (const Node& element : *array)
            json.push_back(json_of(element));
        return json;
    }
    if (const auto* table = std::get_if<Table>(&node.value)) {
        Json json = Json::object();
        for (const Member& member : *table)
            json[member.key] = json_of(member.node);
        return json;
    }
    if (const auto* number = std::get_if<std::int64_t>(&node.value)) return *number;
    if (const auto* truth = std::get_if<bool>(&node.value)) return *truth;
    return std::get<std::string>(node.value);
}

void write_scalar(std::ostringstream& out, const Node& node) {
    if (const auto* number = std::get_if<std::int64_t>(&node.value))
        out << *number;
    else if (const auto* truth = std::get_if<bool>(&node.value))
        out << (*truth ? "true" : "false");
    else if (const auto* array = std::get_if<Array>(&node.value)) {
        out << '[';
        for (std::size_t i = 0; i < array->size(); ++i) {
            if (i > 0) out << ", ";
            write_scalar(out, (*array)[i]);
        }
        out << ']';
    } else // JSON's string escapes are a subset of those of a TOML basic string.
        out << json_of(node).dump(-1, ' ', true, Json::error_handler_t::replace);
}

bool is_tables(const Node& node) {
    const auto* array = std::get_if<Array>(&node.value);
    return array && !array->empty() && std::holds_alternative<Table>(array->front().value);
}

void write_table(std::ostringstream& out, const Table& table, const std::string& prefix) {
    for (const Member& member : table) {
        if (std::holds_alternative<Table>(member.node.value) || is_tables(member.node)) continue;
        out << member.key << " = ";
        write_scalar(out, member.node);
        out << '\n';
    }
    for (const Member& member : table) {
        const std::string name = prefix.empty() ? member.key : prefix + "." + member.key;
        if (const auto* nested = std::get_if<Table>(&member.node.value)) {
            out << "\n[" << name << "]\n";
            write_table(out, *nested, name);
        } else if (is_tables(member.node)) {
            for (const Node& element : std::get<Array>(member.node.value)) {
                out << "\n[[" << name << "]]\n";
                write_table(out, std::get<Table>(element.value), name);
            }
        }
    }
}

} // namespace

Node::Node() = default;
Node::Node(std::string text) : value(std::move(text)) {}
Node::Node(std::string_view text) : value(std::string(text)) {}
Node::Node(const char* text) : value(std::string(text)) {}
Node::Node(bool truth) : value(truth) {}
Node::Node(int number) : value(std::int64_t{number}) {}
Node::Node(std::int64_t number) : value(number) {}
Node::Node(Array array) : value(std::move(array)) {}
Node::Node(Table table) : value(std::move(table)) {}
Node::Node(const Node&) = default;
Node::Node(Node&&) noexcept = default;
Node& Node::operator=(const Node&) = default;
Node& Node::operator=(Node&&) noexcept = default;
Node::~Node() = default;

const Node* Node::find(std::string_view key) const {
    const auto* table = std::get_if<Table>(&value);
    if (!table) return nullptr;
    const auto member = std::ranges::find(*table, key, &Member::key);
    return member == table->end() ? nullptr : &member->node;
}

std::string Node::text(std::string_view key) const {
    const Node* node = find(key);
    const auto* text = node ? std::get_if<std::string>(&node->value) : nullptr;
    return text ? *text : "";
}

namespace {

Result<Node> parse_toml(std::string_view text, std::string_view file, Others others) {
    try {
        return from_toml_table(toml::parse(text), file, others);
    } catch (const toml::parse_error& error) {
        const auto at = error.source().begin;
        return fail(Errc::BadInput, std::string(file) + ":" + std::to_string(at.line) + ":" +
                                        std::to_string(at.column) +
                                        ": not TOML: " + std::string(error.description()));
    }
}

} // namespace

Result<Node> parse_toml(std::string_view text, std::string_view file) {
    return parse_toml(text, file, Others::Refused);
}

Result<Node> parse_lenient_toml(std::string_view text, std::string_view file) {
    return parse_toml(text, file, Others::AsBlank);
}

Result<Node> parse_json(std::string_view text) {
    const Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) return fail(Errc::BadInput, "not JSON");
    return from_json(json);
}

std::string to_toml(const Node& table) {
    std::ostringstream out;
    write_table(out, std::get<Table>(table.value), "");
    return out.str();
}

std::string to_json(const Node& node, bool indented) {
    return json_of(node).dump(indented ? 2 : -1, ' ', false, Json::error_handler_t::replace);
}

} // namespace gpuboot
