// SPDX-License-Identifier: LGPL-2.1-or-later
// A tree of named values, as TOML and JSON share it: what the files a person writes, the marker
// and the reports are made of. The only place that knows toml++ and nlohmann::json.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.hpp"

namespace gpuboot {

struct Node;
struct Member;
using Array = std::vector<Node>;
using Table = std::vector<Member>; ///< In the order written.

struct Node {
    std::variant<std::string, std::int64_t, bool, Array, Table> value;
    int line = 0; ///< In the file it came from; 0 when it was made by the program.

    Node();
    Node(std::string text);
    Node(std::string_view text);
    Node(const char* text);
    Node(bool truth);
    Node(int number);
    Node(std::int64_t number);
    Node(Array array);
    Node(Table table);

    // Defined where Member is complete.
    Node(const Node&);
    Node(Node&&) noexcept;
    Node& operator=(const Node&);
    Node& operator=(Node&&) noexcept;
    ~Node();

    /// A member of a table by its key; null when there is none, or this is no table.
    const Node* find(std::string_view key) const;
    /// The text of the member `key`, or "" when there is none.
    std::string text(std::string_view key) const;
};

struct Member {
    std::string key;
    Node node;
};

/// BadInput says "FILE:LINE:COLUMN: not TOML: ...".
Result<Node> parse_toml(std::string_view text, std::string_view file = "text");
/// Of a file that is not ours: dates and fractions, which Node has no place for, are blank texts.
Result<Node> parse_lenient_toml(std::string_view text, std::string_view file = "text");
/// BadInput also for what is nested deeper than 64 levels: none of ours is.
Result<Node> parse_json(std::string_view text);

std::string to_toml(const Node& table);
std::string to_json(const Node& node, bool indented = true);

} // namespace gpuboot
