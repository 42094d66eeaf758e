// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads a table strictly: every field is asked for by name and type, every other key is refused.
// The first flaw is kept and names file, line, field, wanted and found; later calls return
// harmless values, so that a reader is a plain list of fields ending in `flaw()`.
#pragma once

#include <initializer_list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/document.hpp"

namespace gpuboot {

class Fields {
  public:
    /// `prefix` is the table's own name in messages ("driver."), "" at the top.
    Fields(std::string file, const Node& table, std::string prefix = "");

    std::string text(std::string_view key); ///< Required, not blank.
    std::optional<std::string> optional_text(std::string_view key);
    std::int64_t number(std::string_view key, std::int64_t least, std::int64_t most);
    std::optional<std::int64_t> optional_number(std::string_view key, std::int64_t least,
                                                std::int64_t most);
    std::optional<bool> optional_flag(std::string_view key);
    std::optional<std::vector<std::string>> optional_texts(std::string_view key);
    /// One of `choices`, or a flaw that lists them.
    std::string choice(std::string_view key, std::initializer_list<std::string_view> choices);

    /// The table under `key`; an empty table (and a flaw) when it is missing or no table.
    Fields table(std::string_view key);
    std::optional<Fields> optional_table(std::string_view key);
    std::vector<Fields> tables(std::string_view key);
    std::vector<Fields> optional_tables(std::string_view key);

    /// "FILE:LINE: PREFIX.KEY", for messages about a value that only later proves wrong.
    std::string place_of(std::string_view key) const;

    /// For checks of a value's grammar by the caller: records "FILE:LINE: KEY: wanted W, found F".
    void refuse(std::string_view key, std::string_view wanted, std::string_view found);

    /// Takes over what a nested table found.
    void adopt(Fields& nested);

    /// Refuses every key nobody asked for, then says what was wrong, if anything was.
    std::optional<std::string> flaw();

  private:
    const Node* take(std::string_view key);
    const Node* require(std::string_view key, std::string_view wanted);
    void mistyped(std::string_view key, std::string_view wanted, const Node& found);

    std::string file_;
    Node table_;
    std::string prefix_;
    std::set<std::string, std::less<>> asked_;
    std::string flaw_;
};

} // namespace gpuboot
