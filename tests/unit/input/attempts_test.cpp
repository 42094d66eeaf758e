// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/attempts.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/names.hpp"
#include "fakes/temporary_root.hpp"

using namespace gpuboot;
using fakes::TemporaryRoot;

namespace {

const std::string folder(names::tried_directory);

} // namespace

TEST_CASE("nothing was tried") {
    const TemporaryRoot tree;
    CHECK(input::read_refused_loads(tree.root).empty());
    CHECK_FALSE(input::read_rebuild_attempt(tree.root));
}

TEST_CASE("a refused load is told whole") { // F-46
    const TemporaryRoot tree;
    tree.write(folder + "/load-b1.json",
               R"({"bake": "b1", "module": "nvidia", "errno": 8, "kernel_line": "bad magic"})");
    const auto refused = input::read_refused_loads(tree.root);
    REQUIRE(refused.size() == 1);
    CHECK((refused.front() == model::RefusedLoad{"b1", "nvidia", ENOEXEC, "bad magic"}));
}

TEST_CASE("a rebuild that failed says why, one that did not says nothing") { // S1-32
    const TemporaryRoot tree;
    tree.write(std::string(names::tried_rebuild), R"({"error": "compiling: no space"})");
    CHECK(input::read_rebuild_attempt(tree.root)->error == "compiling: no space");
    tree.write(std::string(names::tried_rebuild), R"({"error": ""})");
    CHECK(input::read_rebuild_attempt(tree.root)->error == "");
}

TEST_CASE("a record that cannot be read is an absent one") { // F-12
    const TemporaryRoot tree;
    for (const char* text : {"", "{", "[1]", "\x01"}) {
        tree.write(folder + "/load-b1.json", text);
        tree.write(std::string(names::tried_rebuild), text[0] == '[' ? "" : text);
        CHECK(input::read_rebuild_attempt(tree.root) == std::nullopt);
        for (const auto& refused : input::read_refused_loads(tree.root))
            CHECK(refused.bake == ""); // of no bake
    }
    std::filesystem::remove(tree.outside(folder + "/load-b1.json"));
    REQUIRE(::mkfifo(tree.outside(folder + "/load-b1.json").c_str(), 0600) == 0);
    CHECK(input::read_refused_loads(tree.root).empty());
}

TEST_CASE("other files in the folder are no refusals") {
    const TemporaryRoot tree;
    tree.write(folder + "/.load-b1.json.77", R"({"bake": "b1"})");
    tree.write(std::string(names::tried_rebuild), R"({"error": "x"})");
    CHECK(input::read_refused_loads(tree.root).empty());
}
