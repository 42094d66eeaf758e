// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/package_files.hpp"

#include <doctest/doctest.h>

#include "fakes/temporary_root.hpp"

using namespace gpuboot;
using fakes::TemporaryRoot;

namespace {

const std::string lists = "/var/lib/dpkg/info/";

std::string refusal(const TemporaryRoot& tree) {
    const auto owners = input::read_package_owners(tree.root, {"/usr/bin/x"});
    return owners ? "none" : owners.error().what;
}

} // namespace

TEST_CASE("a file belongs to the package whose list names it, by either name of a merged /usr") {
    // S2-27 F-113
    TemporaryRoot tree;
    tree.write(lists + "one.list", "/.\n/usr\n/usr/bin\n/usr/bin/x\n");
    tree.write(lists + "two:amd64.list", "/lib/modules/1/a.ko\n/usr/share/doc/two\n");
    tree.write(lists + "two:amd64.md5sums", "no list");
    const auto owners = input::read_package_owners(
        tree.root, {"/usr/bin/x", "/usr/bin/xy", "/usr/lib/modules/1/a.ko", "/usr/share/doc"});
    REQUIRE_MESSAGE(owners, owners.error().what);
    CHECK(*owners == std::map<std::string, std::string>{{"/bin/x", "package one"},
                                                        {"/lib/modules/1/a.ko", "package two"}});
}

TEST_CASE("a diverted name belongs to its diversion, whichever of the two it is") { // S2-27
    TemporaryRoot tree;
    tree.write(lists + "one.list", "/.\n");
    tree.write("/var/lib/dpkg/diversions",
               "/usr/lib/a\n/usr/lib/old/a\nglx\n/etc/b\n/etc/b.d\n:\n");
    const auto owners =
        input::read_package_owners(tree.root, {"/usr/lib/a", "/lib/old/a", "/etc/b"});
    REQUIRE_MESSAGE(owners, owners.error().what);
    CHECK(owners->at("/lib/a") == "the diversion of package glx");
    CHECK(owners->at("/lib/old/a") == "the diversion of package glx");
    CHECK(owners->at("/etc/b") == "a local diversion");
}

TEST_CASE("a database that cannot be read says of no file that it is nobody's") { // F-113
    TemporaryRoot tree;
    CHECK(refusal(tree).contains("/var/lib/dpkg/info"));
    tree.write(lists + "one.list", "/usr/bin/y");
    CHECK(refusal(tree).contains("one.list: has no newline at its end"));
    tree.write(lists + "one.list", "/usr/bin/y\nusr/bin/x\n");
    CHECK(refusal(tree).contains("one.list:2: wanted an absolute path, found \"usr/bin/x\""));
    tree.write(lists + "one.list", std::string("/usr/bin/y\0\n", 12));
    CHECK(refusal(tree).contains("NUL"));
    tree.write(lists + "one.list", "");
    CHECK(refusal(tree) == "none");
    tree.write("/var/lib/dpkg/diversions", "/a\n/b\n");
    CHECK(refusal(tree).contains("three lines"));
    tree.write("/var/lib/dpkg/diversions", "/a\nb\nx\n");
    CHECK(refusal(tree).contains("diversions:2: wanted an absolute path"));
}
