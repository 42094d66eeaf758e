// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/document.hpp"

#include <doctest/doctest.h>

using namespace gpuboot;

namespace {

Node toml(std::string_view text) {
    auto document = parse_toml(text);
    REQUIRE_MESSAGE(document, document.error().what);
    return *document;
}

std::string flaw_of_toml(std::string_view text) {
    auto document = parse_toml(text);
    return document ? "none" : document.error().what;
}

} // namespace

TEST_CASE("TOML keeps the order and the lines it was written in") {
    const Node node = toml("zebra = 1\n\nant = 'x'\n\n[bee]\ncat = true\n");
    const auto& table = std::get<Table>(node.value);
    REQUIRE(table.size() == 3);
    CHECK(table[0].key == "zebra");
    CHECK(table[1].key == "ant");
    CHECK(table[1].node.line == 3);
    CHECK(table[2].node.line == 5);
    CHECK(node.find("bee")->find("cat")->line == 6);
}

TEST_CASE("a missing member is null, a member of another type no text") {
    const Node node = toml("a = 1\nb = 'text'\n");
    CHECK(node.find("c") == nullptr);
    CHECK(node.text("a") == "");
    CHECK(node.text("b") == "text");
    CHECK(Node("x").find("a") == nullptr);
}

TEST_CASE("what TOML is not is refused with line and column") { // F-50 F-51 F-52
    CHECK(flaw_of_toml("a = 1\nb = 'open\n").starts_with("text:2:"));
    CHECK(flaw_of_toml("a = 1\na = 2\n").starts_with("text:2:"));
    CHECK(flaw_of_toml("schema = \n").starts_with("text:1:"));
    CHECK(flaw_of_toml("[driver\nversion = '1'\n").starts_with("text:1:"));
    CHECK(flaw_of_toml("version = 18446744073709551616\n").starts_with("text:1:"));
    CHECK(flaw_of_toml("just words\n").starts_with("text:1:"));
    CHECK(flaw_of_toml("a = '\xff\xfe'\n").contains("not TOML"));
    CHECK(flaw_of_toml("a = '\xc0\xaf'\n").contains("not TOML"));
    CHECK(flaw_of_toml(std::string_view("a = '\0'\n", 8)).contains("not TOML"));
}

TEST_CASE("dates and fractions have no use and are refused") {
    CHECK(flaw_of_toml("\na = 1.5\n") == "text:2: dates and fractions have no use here");
    CHECK(flaw_of_toml("a = 1979-05-27\n") == "text:1: dates and fractions have no use here");
    CHECK(parse_json("{\"a\": 1.5}").error().code == Errc::BadInput);
    CHECK(parse_json("{\"a\": null}").error().code == Errc::BadInput);
}

TEST_CASE("a file of a person may have CRLF and a byte order mark") { // F-51
    CHECK(toml("\xef\xbb\xbf"
               "a = 'x'\r\nb = 1\r\n")
              .text("a") == "x");
}

TEST_CASE("deep nesting ends in an error, not on the stack") { // F-53
    CHECK(flaw_of_toml("a = " + std::string(100'000, '[') + std::string(100'000, ']') + "\n")
              .contains("not TOML"));
}

TEST_CASE("TOML that is written is read back the same") {
    const Node written =
        Table{{"text", "two\nlines\t\"quoted\" \\ \x1b[2J \x7f umlaut \u00e4"},
              {"number", std::int64_t{-9'223'372'036'854'775'807}},
              {"truth", true},
              {"texts", Array{Node("a"), Node("")}},
              {"nothing", Array{}},
              {"table", Table{{"k", "v"}, {"inner", Table{{"deep", 1}}}}},
              {"list", Array{Node(Table{{"name", "one"}}),
                             Node(Table{{"name", "two"}, {"sub", Table{{"x", 1}}}})}}};
    const Node read = toml(to_toml(written));
    CHECK(to_json(read) == to_json(written));
}

TEST_CASE("JSON is read back the same, in its order") {
    const Node written = Table{{"z", "\n\x01\x1b"},
                               {"a", -1},
                               {"list", Array{Node(1), Node("x")}},
                               {"empty", Table{}},
                               {"truth", false}};
    const auto read = parse_json(to_json(written));
    REQUIRE(read);
    CHECK(to_json(*read) == to_json(written));
    CHECK(std::get<Table>(read->value)[0].key == "z");
}

TEST_CASE("control characters are escaped, so that a record stays one") { // F-117
    const std::string json = to_json(Node(Table{{"line", "a\nb\x1b"}}), false);
    CHECK(json == R"({"line":"a\nb\u001b"})");
}

TEST_CASE("bytes that are no UTF-8 become marks, never an exception") { // F-51
    const std::string json = to_json(Node(Table{{"line", "NVRM: \xff\xfe!"}}), false);
    CHECK(parse_json(json));
    CHECK(json.contains("NVRM: "));
    CHECK(parse_toml(to_toml(Node(Table{{"line", "\xc0\xaf"}}))));
}

TEST_CASE("what JSON is not is refused") {
    for (std::string_view text : {"", "{", "{\"a\": }", "nonsense", "{\"a\": \"\xff\"}"})
        CHECK(parse_json(text).error().code == Errc::BadInput);
}
