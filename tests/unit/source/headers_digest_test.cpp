// SPDX-License-Identifier: LGPL-2.1-or-later
#include "source/headers_digest.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "fakes/kernel_headers.hpp"
#include "fakes/temporary_root.hpp"

using namespace gpuboot;
using namespace gpuboot::source;

namespace {

const std::string headers = "/usr/src/linux-headers-6.1.0-1";

struct Fixture {
    fakes::TemporaryRoot tree;

    Fixture() {
        fakes::install_headers(tree, "6.1.0-1", "gcc-12 12.2.0");
        tree.write(headers + "/include/linux/pci.h", "int pci;\n");
    }
    std::string digest() const { return *digest_all_headers(tree.root, "6.1.0-1"); }
};

} // namespace

TEST_CASE_FIXTURE(Fixture, "any change of a header changes the digest, a time alone does not") {
    const std::string was = digest();
    const timespec times[2]{{1, 0}, {1, 0}};
    REQUIRE(::utimensat(AT_FDCWD, tree.outside(headers + "/include/linux/pci.h").c_str(), times,
                        0) == 0);
    CHECK(digest() == was);
    SUBCASE("content of the same size") {
        tree.write(headers + "/include/linux/pci.h", "int PCI;\n");
    }
    SUBCASE("a new file") { tree.write(headers + "/include/linux/new.h", ""); }
    SUBCASE("another name") {
        REQUIRE(::rename(tree.outside(headers + "/include/linux/pci.h").c_str(),
                         tree.outside(headers + "/include/linux/pcj.h").c_str()) == 0);
    }
    SUBCASE("a symlink that leads elsewhere") {
        ::unlink(tree.outside(headers + "/tools").c_str());
        tree.link(headers + "/tools", "/usr/lib/other");
    }
    SUBCASE("the common headers") { tree.write(headers + "-common/Makefile", "x"); }
    CHECK(digest() != was);
}

TEST_CASE_FIXTURE(Fixture, "more than any kernel has, or a loop of folders, is an error") {
    CHECK(!digest_all_headers(tree.root, "6.1.0-1", {3, 1 << 20, 32}));
    CHECK(!digest_all_headers(tree.root, "6.1.0-1", {1000, 4, 32}));
    CHECK(!digest_all_headers(tree.root, "6.1.0-1", {1000, 1 << 20, 1}));
    tree.link(headers + "/include/self", ".");
    CHECK(digest_all_headers(tree.root, "6.1.0-1"));
}
