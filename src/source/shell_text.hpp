// SPDX-License-Identifier: LGPL-2.1-or-later
// Splits shell text into assignments and everything else, without evaluating any of it. Just
// enough of the grammar (quotes, continuations, comments) to know where a value ends.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gpuboot::source {

/// One stretch of a word under one kind of quoting, as it is written.
struct Piece {
    enum class Quote { None, Single, Double } quote = Quote::None;
    std::string text;
};

struct Statement {
    int line = 0;
    std::string name;  ///< of the variable; "" for anything but an assignment
    std::string index; ///< of NAME[index]=
    bool appends = false;
    std::vector<Piece> value;
    bool more = false; ///< something other than a comment follows on the line
    std::string text;  ///< of what is no assignment, quotes removed
    int opens = 0;     ///< blocks (if, for, case, {) it opens, less those it closes
};

class ShellText {
  public:
    explicit ShellText(std::string_view text) : rest_(text) {}

    /// Nothing more: std::nullopt.
    std::optional<Statement> next();

  private:
    char peek(std::size_t ahead = 0) const { return ahead < rest_.size() ? rest_[ahead] : '\0'; }
    void skip(std::size_t count);
    void skip_blank(bool lines);
    bool assignment(Statement& statement);
    std::vector<Piece> word();
    void quoted(Piece& piece);
    void command(Statement& statement);

    std::string_view rest_;
    int line_ = 1;
};

/// Quotes and their escapes removed, variables left as they are.
std::string unquoted(const std::vector<Piece>& value);

/// Quotes removed and variables replaced; `value_of` answers nothing for one it does not know.
/// std::nullopt: `error` says why a shell would be needed.
std::optional<std::string>
expanded(const std::vector<Piece>& value,
         const std::function<std::optional<std::string>(std::string_view)>& value_of,
         std::string& error);

} // namespace gpuboot::source
