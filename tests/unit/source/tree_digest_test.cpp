// SPDX-License-Identifier: LGPL-2.1-or-later
#include "source/tree_digest.hpp"

#include <sys/stat.h>

#include <doctest/doctest.h>

#include "base/process.hpp"
#include "fakes/temporary_root.hpp"

using namespace gpuboot;
using namespace gpuboot::source;

namespace {

std::string flaw(const fakes::TemporaryRoot& tree, const TreeLimits& limits = {}) {
    const auto listed = list_tree(tree.root, "/t", limits);
    return listed ? "" : listed.error().what;
}

} // namespace

TEST_CASE("the digest is what the documented command prints") {
    const fakes::TemporaryRoot tree;
    // Names that sort differently by byte, by locale and by directory.
    for (const char* path : {"/t/b", "/t/B", "/t/a/z", "/t/a-b/c", "/t/a.c", "/t/deep/er/file",
                             "/t/with space", "/t/\xc3\xa4"})
        tree.write(path, std::string("content of ") + path);
    tree.write("/t/empty", "");
    const auto listed = list_tree(tree.root, "/t");
    REQUIRE(listed);
    CHECK(listed->files.size() == 9);
    const auto digest = digest_tree(tree.root, *listed);
    REQUIRE(digest);
    Tool shell;
    shell.argv = {"/bin/sh", "-c", digest_command(tree.outside("/t"))};
    const auto command = run_tool(shell);
    REQUIRE(command);
    REQUIRE(command->succeeded());
    CHECK(command->output == *digest + "  -\n");
}

TEST_CASE("directories come before what they hold, files know whether they are programs") {
    const fakes::TemporaryRoot tree;
    tree.write("/t/a/b/c.sh", "");
    REQUIRE(::chmod(tree.outside("/t/a/b/c.sh").c_str(), 0755) == 0);
    const auto listed = list_tree(tree.root, "/t");
    REQUIRE(listed);
    CHECK(listed->directories == std::vector<std::string>{"a", "a/b"});
    CHECK(listed->files == std::vector<TreeFile>{{"a/b/c.sh", true}});
}

TEST_CASE("anything but files and directories is refused by name") {
    const fakes::TemporaryRoot tree;
    tree.write("/t/fine", "");
    SUBCASE("symlink") {
        tree.link("/t/link", "/etc/shadow");
        CHECK(flaw(tree).starts_with("/t/link: "));
    }
    SUBCASE("symlink to a directory") {
        tree.link("/t/link", "/");
        CHECK(flaw(tree).starts_with("/t/link: "));
    }
    SUBCASE("FIFO") {
        REQUIRE(::mkfifo(tree.outside("/t/fifo").c_str(), 0600) == 0);
        CHECK(flaw(tree).starts_with("/t/fifo: "));
    }
    SUBCASE("a name that would forge a line") {
        tree.write("/t/a\nb", "");
        CHECK(flaw(tree).contains("control characters"));
    }
}

TEST_CASE("a tree is bounded") {
    const fakes::TemporaryRoot tree;
    for (const char* path : {"/t/1", "/t/2", "/t/d/3", "/t/d/e/4"})
        tree.write(path, "12345");
    CHECK(flaw(tree) == "");
    CHECK(flaw(tree, {.entries = 5}).contains("more than 5"));
    CHECK(flaw(tree, {.bytes = 19}).contains("holds more than"));
    CHECK(flaw(tree, {.depth = 1}).contains("nested more than 1 deep"));
}

TEST_CASE("an absent tree is NotFound") {
    const fakes::TemporaryRoot tree;
    const auto listed = list_tree(tree.root, "/t");
    REQUIRE(!listed);
    CHECK(listed.error().code == Errc::NotFound);
}
