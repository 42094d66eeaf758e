// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/fields.hpp"

#include <doctest/doctest.h>

using namespace gpuboot;

namespace {

Fields fields_of(std::string_view toml) {
    auto document = parse_toml(toml);
    REQUIRE_MESSAGE(document, document.error().what);
    return {"/etc/a.toml", *document};
}

std::string flaw_of(Fields& fields) { return fields.flaw().value_or("none"); }

} // namespace

TEST_CASE("what is asked for and right is no flaw") {
    Fields fields =
        fields_of("a = 'x'\nb = 7\nc = true\nd = ['p', 'q']\ne = 'two'\n[t]\nk = 1\n[[u]]\n");
    CHECK(fields.text("a") == "x");
    CHECK(fields.number("b", 0, 9) == 7);
    CHECK(fields.optional_flag("c") == true);
    CHECK(fields.optional_texts("d") == std::vector<std::string>{"p", "q"});
    CHECK(fields.choice("e", {"one", "two"}) == "two");
    CHECK(fields.table("t").number("k", 0, 1) == 1);
    CHECK(fields.tables("u").size() == 1);
    CHECK(fields.optional_tables("u").size() == 1);
    CHECK(fields.optional_text("nothing") == std::nullopt);
    CHECK(fields.optional_number("nothing2", 0, 1) == std::nullopt);
    CHECK_FALSE(fields.optional_table("nothing3"));
    CHECK(fields.optional_tables("nothing4").empty());
    CHECK(flaw_of(fields) == "none");
}

TEST_CASE("a flaw names file, line, field, wanted and found") { // S1-21 F-52
    SUBCASE("missing: the line is the table's") {
        Fields fields = fields_of("\n\nother = 1\n");
        CHECK(fields.text("version") == "");
        CHECK(flaw_of(fields) == "/etc/a.toml:1: version: wanted a string, found nothing");
    }
    SUBCASE("missing in a table") {
        Fields fields = fields_of("schema = 1\n\n[driver]\n");
        Fields driver = fields.table("driver");
        CHECK(driver.text("version") == "");
        CHECK(flaw_of(driver) == "/etc/a.toml:3: driver.version: wanted a string, found nothing");
    }
    SUBCASE("wrong type") {
        Fields fields = fields_of("\nversion = 535\n");
        CHECK(fields.text("version") == "");
        CHECK(flaw_of(fields) == "/etc/a.toml:2: version: wanted a string, found the number 535");
    }
    SUBCASE("blank") {
        Fields fields = fields_of("kernel = ' \t'\n");
        CHECK(fields.text("kernel") == "");
        CHECK(flaw_of(fields) == "/etc/a.toml:1: kernel: wanted a string, found a blank string");
    }
    SUBCASE("blank where it may be left out") {
        Fields fields = fields_of("kernel = ''\n");
        CHECK(fields.optional_text("kernel") == "");
        CHECK(flaw_of(fields) == "/etc/a.toml:1: kernel: wanted a string, found a blank string");
    }
    SUBCASE("out of range") {
        Fields fields = fields_of("timeout = -1\n");
        CHECK(fields.number("timeout", 1, 600) == 1);
        CHECK(flaw_of(fields) ==
              "/etc/a.toml:1: timeout: wanted a whole number from 1 to 600, found the number -1");
    }
    SUBCASE("none of the choices") {
        Fields fields = fields_of("kind = 'opne'\n");
        CHECK(fields.choice("kind", {"open", "grid"}) == "");
        CHECK(flaw_of(fields) ==
              R"(/etc/a.toml:1: kind: wanted "open" | "grid", found the string "opne")");
    }
    SUBCASE("an array with one wrong element") {
        Fields fields = fields_of("units = ['a', 1]\n");
        (void)fields.optional_texts("units");
        CHECK(flaw_of(fields) ==
              "/etc/a.toml:1: units: wanted an array of strings, found the number 1");
    }
    SUBCASE("a value where a table belongs") {
        Fields fields = fields_of("driver = 'x'\n");
        (void)fields.table("driver");
        CHECK(flaw_of(fields) == "/etc/a.toml:1: driver: wanted a table, found the string \"x\"");
    }
    SUBCASE("a table where an array of tables belongs") {
        Fields fields = fields_of("[module]\n");
        CHECK(fields.optional_tables("module").empty());
        CHECK(flaw_of(fields) == "/etc/a.toml:1: module: wanted an array of tables, found a table");
    }
}

TEST_CASE("a key that nobody asked for is refused, with its line") { // F-52
    Fields fields = fields_of("a = 'x'\nVersion = 'y'\n");
    (void)fields.text("a");
    CHECK(flaw_of(fields) == "/etc/a.toml:2: Version: unknown key");
}

TEST_CASE("the first flaw stays the one that is told") {
    Fields fields = fields_of("a = 1\nb = 2\n");
    (void)fields.text("a");
    (void)fields.text("b");
    fields.refuse("b", "something", "else");
    CHECK(flaw_of(fields) == "/etc/a.toml:1: a: wanted a string, found the number 1");
}

TEST_CASE("what a nested table found becomes the flaw, unknown keys too") {
    Fields fields = fields_of("[driver]\nversoin = '1'\n");
    Fields driver = fields.table("driver");
    fields.adopt(driver);
    CHECK(flaw_of(fields) == "/etc/a.toml:2: driver.versoin: unknown key");
}

TEST_CASE("a document that is no table is a flaw, not a crash") {
    Fields fields("/run/a.json", Node("just text"));
    CHECK(fields.text("a") == "");
    CHECK(fields.flaw().has_value());
}
