// SPDX-License-Identifier: LGPL-2.1-or-later
// The effects on a real file system, in a tree of their own. Modules are never touched here.
#include "execute/system_effects.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>

#include "fakes/temporary_root.hpp"

using namespace gpuboot;
using execute::SystemEffects;
using fakes::TemporaryRoot;

namespace {

unsigned mode_of(const TemporaryRoot& tree, const std::string& path) {
    return tree.root.status(path)->st_mode & 07777;
}

} // namespace

TEST_CASE("a directory is made with what leads to it; one that is there is fine") {
    const TemporaryRoot tree;
    SystemEffects effects(tree.root);
    CHECK(effects.ensure_directory("/run/gpuboot/want", 0750));
    CHECK(mode_of(tree, "/run/gpuboot") == 0755);
    CHECK(mode_of(tree, "/run/gpuboot/want") == 0750);
    tree.write("/run/gpuboot/want/file", "x");
    CHECK(effects.ensure_directory("/run/gpuboot/want", 0700));
    CHECK(tree.read("/run/gpuboot/want/file") == "x");
}

TEST_CASE("a file where a directory is wanted is an error") { // F-49
    const TemporaryRoot tree;
    SystemEffects effects(tree.root);
    tree.write("/run/gpuboot", "a file");
    CHECK_FALSE(effects.ensure_directory("/run/gpuboot/want", 0755));
    CHECK_FALSE(effects.ensure_directory("/run/gpuboot", 0755));
}

TEST_CASE("a new file is whole, has its mode, and replaces nothing") {
    const TemporaryRoot tree;
    SystemEffects effects(tree.root);
    const std::string text(3'000'000, 'x');
    CHECK(effects.create_file("/file", bytes_of(text), 0644));
    CHECK(tree.read("/file") == text);
    CHECK(mode_of(tree, "/file") == 0644);
    const auto again = effects.create_file("/file", bytes_of("other"), 0600);
    REQUIRE_FALSE(again);
    CHECK(again.error().sys == EEXIST);
    CHECK(tree.read("/file") == text);
    tree.link("/link", "/target");
    CHECK_FALSE(effects.create_file("/link", bytes_of("x"), 0644));
    CHECK_FALSE(tree.root.exists("/target"));
}

TEST_CASE("replacing leaves no second name behind, and never follows a link") { // V4
    const TemporaryRoot tree;
    SystemEffects effects(tree.root);
    tree.write("/run/shadow", "keep");
    tree.link("/run/report.json", "/run/shadow");
    CHECK(effects.replace_file("/run/report.json", "new", 0644));
    CHECK(tree.read("/run/report.json") == "new");
    CHECK(tree.read("/run/shadow") == "keep");
    CHECK(effects.replace_link("/run/active", "/var/lib/b1"));
    CHECK(effects.replace_link("/run/active", "/var/lib/b2"));
    CHECK(tree.root.read_link("/run/active") == "/var/lib/b2");
    CHECK(tree.root.list("/run") == std::vector<std::string>{"active", "report.json", "shadow"});
}

TEST_CASE("what cannot replace a directory says so and cleans up") { // V4
    const TemporaryRoot tree;
    SystemEffects effects(tree.root);
    tree.write("/run/active/file", "x");
    CHECK_FALSE(effects.replace_link("/run/active", "/b1"));
    CHECK_FALSE(effects.replace_file("/run/active", "text", 0644));
    CHECK(tree.root.list("/run") == std::vector<std::string>{"active"});
}

TEST_CASE("a rename never replaces") { // F-72
    const TemporaryRoot tree;
    SystemEffects effects(tree.root);
    tree.write("/store/.new-b/file", "new");
    CHECK(effects.rename_to_new("/store/.new-b", "/store/b"));
    CHECK(tree.read("/store/b/file") == "new");
    tree.write("/store/.new-b/file", "newer");
    const auto refused = effects.rename_to_new("/store/.new-b", "/store/b");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().sys == EEXIST);
    CHECK(tree.read("/store/b/file") == "new");
}

TEST_CASE("removing a file or a link, not what the link names; absent is fine") {
    const TemporaryRoot tree;
    SystemEffects effects(tree.root);
    tree.write("/target", "keep");
    tree.link("/link", "/target");
    CHECK(effects.remove("/link"));
    CHECK(effects.remove("/link"));
    CHECK(effects.remove("/no/such/folder"));
    CHECK(tree.read("/target") == "keep");
    tree.write("/folder/file", "");
    CHECK_FALSE(effects.remove("/folder"));
}

TEST_CASE("a tree is removed without crossing a symlink") { // F-110 F-113
    const TemporaryRoot tree;
    SystemEffects effects(tree.root);
    tree.write("/keep/precious", "keep");
    tree.write("/del/a/b/c", "x");
    tree.link("/del/a/out", "/keep");
    tree.link("/del/a/up", "../..");
    REQUIRE(::mkfifo(tree.outside("/del/fifo").c_str(), 0600) == 0);
    CHECK(effects.remove_tree("/del"));
    CHECK_FALSE(tree.root.exists("/del"));
    CHECK(tree.read("/keep/precious") == "keep");
    CHECK(effects.remove_tree("/del"));
    tree.link("/alias", "/keep");
    CHECK_FALSE(effects.remove_tree("/alias"));
    CHECK(tree.read("/keep/precious") == "keep");
}

TEST_CASE("an empty directory goes, one that holds something stays") { // F-113
    const TemporaryRoot tree;
    SystemEffects effects(tree.root);
    tree.write("/folder/file", "x");
    const auto refused = effects.remove_empty("/folder");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().sys == ENOTEMPTY);
    CHECK(tree.read("/folder/file") == "x");
    CHECK(effects.remove("/folder/file"));
    CHECK(effects.remove_empty("/folder"));
    CHECK_FALSE(tree.root.exists("/folder"));
    CHECK(effects.remove_empty("/folder"));
    CHECK(effects.remove_empty("/gone/folder"));
}

TEST_CASE("no effect leads out of the root") { // F-109 F-110
    const TemporaryRoot world, tree;
    world.write("/dir/file", "the host's");
    SystemEffects effects(tree.root);
    tree.link("/out", world.outside("/dir"));
    tree.link("/up", "../../../../../.." + world.outside("/dir"));
    for (const std::string folder : {"/out", "/up"}) {
        CHECK_FALSE(effects.create_file(folder + "/new", bytes_of("x"), 0644));
        CHECK_FALSE(effects.replace_file(folder + "/file", "x", 0644));
        CHECK_FALSE(effects.replace_link(folder + "/link", "x"));
        CHECK_FALSE(effects.ensure_directory(folder + "/sub", 0755));
        CHECK_FALSE(effects.make_node({folder + "/node", 1, 3, 0600, 0, 0}));
        (void)effects.remove(folder + "/file"); // absent in the tree: fine
        (void)effects.remove_tree(folder);
    }
    CHECK(world.root.list("/dir") == std::vector<std::string>{"file"});
    CHECK(world.read("/dir/file") == "the host's");
}

TEST_CASE("a node has its numbers, mode and owner, whatever lay there of ours") { // F-90
    REQUIRE_MESSAGE(::geteuid() == 0, "this test makes device nodes: run it as root");
    const TemporaryRoot tree;
    SystemEffects effects(tree.root);
    tree.write("/dev/x", "");
    const auto check = [&](const model::MakeNode& node) {
        const auto made = effects.make_node(node);
        REQUIRE_MESSAGE(made, made.error().what);
        const auto status = *tree.root.status(node.path);
        CHECK(S_ISCHR(status.st_mode));
        CHECK(status.st_rdev == makedev(node.major, node.minor));
        CHECK((status.st_mode & 07777) == node.mode);
        CHECK(status.st_uid == node.uid);
        CHECK(status.st_gid == node.gid);
    };
    check({"/dev/nvidia0", 195, 0, 0666, 0, 0});
    check({"/dev/nvidia0", 195, 0, 0660, 7, 44}); // the same node, other mode
    check({"/dev/nvidia0", 240, 1, 0666, 0, 0});  // other numbers
}

TEST_CASE("what lies at a node's path and is none stays as it is") { // F-90
    REQUIRE_MESSAGE(::geteuid() == 0, "this test makes device nodes: run it as root");
    const TemporaryRoot tree;
    SystemEffects effects(tree.root);
    tree.write("/etc/shadow", "secret");
    tree.link("/dev/nvidia0", "/etc/shadow");
    tree.write("/dev/nvidia1", "a file");
    tree.write("/dev/nvidia2/file", "a folder");
    for (const char* path : {"/dev/nvidia0", "/dev/nvidia1", "/dev/nvidia2"}) {
        const auto made = effects.make_node({path, 195, 0, 0666, 0, 0});
        REQUIRE_FALSE(made);
        CHECK(made.error().what.contains(path));
    }
    CHECK(tree.read("/etc/shadow") == "secret");
    CHECK(mode_of(tree, "/etc/shadow") == 0644);
    CHECK(tree.root.read_link("/dev/nvidia0") == "/etc/shadow");
    CHECK(tree.read("/dev/nvidia1") == "a file");
}

TEST_CASE("a path that is not absolute is our own mistake, and harmless") {
    const TemporaryRoot tree;
    SystemEffects effects(tree.root);
    CHECK(effects.remove("relative").error().code == Errc::Internal);
    CHECK(effects.create_file("/folder/", {}, 0644).error().code == Errc::Internal);
}

TEST_CASE("an operator's file keeps its owner and mode, and a symlink is none") {
    const TemporaryRoot tree;
    SystemEffects effects(tree.root);
    tree.write("/etc/secret.toml", "old");
    REQUIRE(::chmod(tree.outside("/etc/secret.toml").c_str(), 0600) == 0);
    REQUIRE(::chown(tree.outside("/etc/secret.toml").c_str(), 7, 8) == 0);
    CHECK(effects.replace_settings("/etc/secret.toml", "new"));
    CHECK(tree.read("/etc/secret.toml") == "new");
    const auto kept = tree.root.status("/etc/secret.toml");
    REQUIRE(kept);
    CHECK((kept->st_mode & 07777) == 0600);
    CHECK(kept->st_uid == 7);
    CHECK(kept->st_gid == 8);
    CHECK(effects.replace_settings("/etc/fresh.toml", "x"));
    CHECK((tree.root.status("/etc/fresh.toml")->st_mode & 07777) == 0644);
    tree.link("/etc/link.toml", "secret.toml");
    CHECK_FALSE(effects.replace_settings("/etc/link.toml", "x"));
    CHECK(tree.read("/etc/secret.toml") == "new");
    CHECK(tree.root.list("/etc")->size() == 3); // nothing unfinished beside them
}
