// SPDX-License-Identifier: LGPL-2.1-or-later
#include "source/shell_text.hpp"

#include <algorithm>
#include <array>

namespace gpuboot::source {

namespace {

using Quote = Piece::Quote;

bool starts_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool in_name(char c) { return starts_name(c) || (c >= '0' && c <= '9'); }

constexpr std::string_view word_ends = " \t\n;&|<>()";

/// What a backslash does before `next`: the text that stands for both.
std::string escaped(Quote quote, char next) {
    if (next == '\n') return "";
    const bool plain = quote == Quote::None || std::string_view("$\"\\`").contains(next);
    return plain ? std::string(1, next) : std::string{'\\', next};
}

int block_change(std::string_view word) {
    constexpr std::array<std::string_view, 9> open{"if",     "for",      "while", "until", "case",
                                                   "select", "function", "{",     "("};
    constexpr std::array<std::string_view, 5> close{"fi", "done", "esac", "}", ")"};
    if (std::ranges::find(open, word) != open.end()) return 1;
    return std::ranges::find(close, word) != close.end() ? -1 : 0;
}

int blocks_opened(std::string_view text) {
    int opened = 0;
    while (!text.empty()) {
        const auto end = text.find_first_of(" \t;");
        opened += block_change(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return opened;
}

} // namespace

void ShellText::skip(std::size_t count) {
    line_ += static_cast<int>(std::ranges::count(rest_.substr(0, count), '\n'));
    rest_.remove_prefix(std::min(count, rest_.size()));
}

void ShellText::skip_blank(bool lines) {
    for (;;) {
        if (peek() == ' ' || peek() == '\t' || (lines && (peek() == '\n' || peek() == ';')))
            skip(1);
        else if (peek() == '\\' && peek(1) == '\n')
            skip(2);
        else if (peek() == '#')
            skip(std::min(rest_.find('\n'), rest_.size()));
        else
            return;
    }
}

std::optional<Statement> ShellText::next() {
    skip_blank(true);
    if (rest_.empty()) return std::nullopt;
    Statement statement;
    statement.line = line_;
    if (!assignment(statement)) {
        command(statement);
        return statement;
    }
    statement.value = word();
    skip_blank(false);
    statement.more = !rest_.empty() && peek() != '\n' && peek() != ';';
    return statement;
}

/// NAME= or NAME[index]= or either with +=; takes it off the text only when it is one.
bool ShellText::assignment(Statement& statement) {
    std::size_t end = 0;
    if (!starts_name(peek())) return false;
    while (in_name(peek(end)))
        ++end;
    const std::string_view name = rest_.substr(0, end);
    std::string_view index;
    if (peek(end) == '[') {
        const auto close = rest_.find_first_of("]\n", end);
        if (close == std::string_view::npos || rest_[close] == '\n') return false;
        index = rest_.substr(end + 1, close - end - 1);
        end = close + 1;
    }
    statement.appends = peek(end) == '+';
    if (statement.appends) ++end;
    if (peek(end) != '=') return false;
    statement.name = name;
    statement.index = index;
    skip(end + 1);
    return true;
}

std::vector<Piece> ShellText::word() {
    std::vector<Piece> pieces;
    while (!rest_.empty() && !word_ends.contains(peek())) {
        Piece piece;
        if (peek() == '\'' || peek() == '"') {
            piece.quote = peek() == '"' ? Quote::Double : Quote::Single;
            quoted(piece);
        } else {
            while (!rest_.empty() && !word_ends.contains(peek()) && peek() != '"' &&
                   peek() != '\'') {
                const std::size_t length = peek() == '\\' && rest_.size() > 1 ? 2 : 1;
                piece.text += rest_.substr(0, length);
                skip(length);
            }
        }
        pieces.push_back(std::move(piece));
    }
    return pieces;
}

void ShellText::quoted(Piece& piece) {
    const char quote = peek();
    skip(1);
    while (!rest_.empty() && peek() != quote) {
        const bool escape = quote == '"' && peek() == '\\' && rest_.size() > 1;
        piece.text += rest_.substr(0, escape ? 2 : 1);
        skip(escape ? 2 : 1);
    }
    skip(1);
}

/// To the end of the line; a newline inside quotes, or after a backslash, does not end it.
void ShellText::command(Statement& statement) {
    std::string bare;
    while (!rest_.empty() && peek() != '\n') {
        if (peek() == '\'' || peek() == '"') {
            Piece piece;
            piece.quote = peek() == '"' ? Quote::Double : Quote::Single;
            quoted(piece);
            statement.text += piece.text;
        } else if (peek() == '#' && (bare.empty() || bare.ends_with(' '))) {
            skip_blank(false);
        } else {
            const std::size_t length = peek() == '\\' && rest_.size() > 1 ? 2 : 1;
            bare += rest_.substr(0, length);
            statement.text += rest_.substr(0, length);
            skip(length);
        }
    }
    statement.opens = blocks_opened(bare);
}

std::string unquoted(const std::vector<Piece>& value) {
    std::string text;
    for (const Piece& piece : value) {
        for (std::size_t i = 0; i < piece.text.size(); ++i) {
            const bool escape =
                piece.quote != Quote::Single && piece.text[i] == '\\' && i + 1 < piece.text.size();
            if (escape)
                text += escaped(piece.quote, piece.text[++i]);
            else
                text += piece.text[i];
        }
    }
    return text;
}

namespace {

/// The name in "$NAME" or "${NAME}" at the front of `text`, and its whole length; "" for any
/// other expansion.
std::pair<std::string_view, std::size_t> variable_at(std::string_view text) {
    const bool braces = text.size() > 1 && text[1] == '{';
    const std::size_t begin = braces ? 2 : 1;
    std::size_t end = begin;
    while (end < text.size() && in_name(text[end]))
        ++end;
    const std::string_view name = text.substr(begin, end - begin);
    if (!braces) return {name, end};
    if (end >= text.size() || text[end] != '}') return {"", end};
    return {name, end + 1};
}

} // namespace

std::optional<std::string>
expanded(const std::vector<Piece>& value,
         const std::function<std::optional<std::string>(std::string_view)>& value_of,
         std::string& error) {
    std::string text;
    for (const Piece& piece : value) {
        std::string_view rest = piece.text;
        while (!rest.empty()) {
            const char c = rest.front();
            std::size_t length = 1;
            if (piece.quote == Quote::Single || (c != '\\' && c != '$' && c != '`')) {
                text += c;
            } else if (c == '\\' && rest.size() > 1) {
                text += escaped(piece.quote, rest[1]);
                length = 2;
            } else if (c == '`' || rest.starts_with("$(")) {
                error = "needs the output of a command";
                return std::nullopt;
            } else {
                const auto [name, used] = variable_at(rest);
                const auto found = name.empty() ? std::nullopt : value_of(name);
                if (!found) {
                    error = "refers to " + std::string(rest.substr(0, used)) +
                            ", which only a "
                            "shell could tell";
                    return std::nullopt;
                }
                text += *found;
                length = used;
            }
            rest.remove_prefix(length);
        }
    }
    return text;
}

} // namespace gpuboot::source
