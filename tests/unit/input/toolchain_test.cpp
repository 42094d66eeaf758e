// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/toolchain.hpp"

#include <doctest/doctest.h>

#include "fakes/kernel_headers.hpp"

using namespace gpuboot;
using namespace gpuboot::input;
using model::Lack;

namespace {

const std::string kernel = "6.1.0-1-amd64";
const std::string headers = "/usr/src/linux-headers-6.1.0-1-amd64";
const std::string build = "/lib/modules/6.1.0-1-amd64/build";

struct Fixture {
    fakes::TemporaryRoot tree;

    Fixture() {
        fakes::install_headers(tree, kernel, "gcc-12 (Debian 12.2.0-14) 12.2.0");
        fakes::install_programs(tree);
    }

    void remove(const std::string& path) const { std::filesystem::remove(tree.outside(path)); }
    Toolchain read() const { return read_toolchain(tree.root, kernel); }
    std::vector<Lack> lacks() const { return read().lacks; }
    void config(const std::string& lines) const {
        tree.write(headers + "/.config", "CONFIG_X86_64=y\nCONFIG_MODULES=y\n" + lines);
    }
};

} // namespace

TEST_CASE_FIXTURE(Fixture, "all there: nothing lacks, and the kernel's own compiler is chosen") {
    const Toolchain chain = read();
    CHECK(chain.lacks.empty());
    CHECK(chain.compiler == "/usr/bin/gcc-12");
    CHECK(chain.llvm == "");
    CHECK(chain.strip == "/usr/bin/strip");
}

// F-62
TEST_CASE_FIXTURE(Fixture, "each part of the headers is named with the package that brings it") {
    const std::string common = "/usr/src/linux-headers-" + kernel + "-common";
    for (const auto& [gone, wanted] : std::vector<std::pair<std::string, Lack>>{
             {headers + "/.config",
              {Lack::What::Headers, build + "/.config", "nothing", "linux-headers-" + kernel}},
             {headers + "/Module.symvers",
              {Lack::What::Headers, build + "/Module.symvers", "nothing",
               "linux-headers-" + kernel}},
             {common + "/Makefile",
              {Lack::What::Headers, "/lib/modules/" + kernel + "/source/Makefile", "nothing",
               "linux-headers-" + kernel + "-common"}},
             {"/usr/lib/linux-kbuild-6.1/scripts/mod/modpost",
              {Lack::What::Headers, build + "/scripts/mod/modpost", "nothing",
               "linux-kbuild-6.1"}}}) {
        CAPTURE(gone);
        const Fixture fresh;
        fresh.remove(gone);
        CHECK(fresh.lacks() == std::vector<Lack>{wanted});
    }
    remove("/lib/modules/" + kernel + "/build");
    CHECK(lacks() == std::vector<Lack>{{Lack::What::Headers, build + "/Makefile", "nothing",
                                        "linux-headers-" + kernel}});
    tree.link(build, "/usr/src/dangling");
    CHECK(lacks().size() == 1);
}

// F-62
TEST_CASE_FIXTURE(Fixture, "headers of another kernel are told with that kernel's name") {
    tree.write(headers + "/include/generated/utsrelease.h", "#define UTS_RELEASE \"6.1.0-2\"\n");
    CHECK(lacks() ==
          std::vector<Lack>{{Lack::What::Headers, build + "/include/generated/utsrelease.h",
                             "6.1.0-2", "linux-headers-" + kernel}});
}

// F-63
TEST_CASE_FIXTURE(Fixture, "another gcc than the kernel's is none") {
    remove("/usr/bin/gcc-12");
    const Lack lack{Lack::What::Compiler, "/usr/bin/gcc-12", "nothing", "gcc-12"};
    CHECK(lacks() == std::vector<Lack>{lack});
    tree.link("/usr/bin/gcc", "gcc-13");
    tree.write("/usr/bin/gcc-13", "");
    CHECK(lacks() == std::vector<Lack>{{lack.what, lack.path, "gcc-13", "gcc-12"}});
    remove("/usr/bin/gcc");
    tree.write("/usr/bin/gcc", ""); // which one it is, only it can say
    CHECK(read().compiler == "/usr/bin/gcc");
    CHECK(lacks().empty());
}

// F-63
TEST_CASE_FIXTURE(Fixture, "newer Debian names its compiler with the machine's triplet") {
    config("CONFIG_CC_VERSION_TEXT=\"x86_64-linux-gnu-gcc-14 (Debian 14.2.0-19) 14.2.0\"\n");
    CHECK(lacks() == std::vector<Lack>{{Lack::What::Compiler, "/usr/bin/x86_64-linux-gnu-gcc-14",
                                        "nothing", "gcc-14"}});
    tree.write("/usr/bin/gcc-14", "");
    CHECK(read().compiler == "/usr/bin/gcc-14");
    tree.write("/usr/bin/x86_64-linux-gnu-gcc-14", "");
    CHECK(read().compiler == "/usr/bin/x86_64-linux-gnu-gcc-14");
}

// F-63
TEST_CASE_FIXTURE(Fixture, "a kernel made by clang takes all of its tools from that LLVM") {
    config("CONFIG_CC_IS_CLANG=y\nCONFIG_CC_VERSION_TEXT=\"Debian clang version 19.1.7 (3)\"\n");
    const auto found = lacks();
    REQUIRE(found.size() == 3);
    CHECK((found[0] == Lack{Lack::What::Compiler, "/usr/bin/clang-19", "nothing", "clang-19"}));
    for (const char* path : {"/usr/bin/clang-19", "/usr/bin/ld.lld-19", "/usr/bin/llvm-strip-19"})
        tree.write(path, "");
    CHECK(lacks().empty());
    CHECK(read().compiler == "/usr/bin/clang-19");
    CHECK(read().llvm == "-19");
    CHECK(read().strip == "/usr/bin/llvm-strip-19");
}

// F-64
TEST_CASE_FIXTURE(Fixture, "a missing tool is named with its package") {
    for (const auto& [path, package] :
         std::vector<std::pair<std::string, std::string>>{{"/bin/sh", "dash"},
                                                          {"/usr/bin/make", "make"},
                                                          {"/usr/bin/ld", "binutils"},
                                                          {"/usr/bin/strip", "binutils"}}) {
        const Fixture fresh;
        fresh.remove(path);
        CHECK(fresh.lacks() == std::vector<Lack>{{Lack::What::Tool, path, "nothing", package}});
    }
}

// S4-27
TEST_CASE_FIXTURE(Fixture, "a configuration that says nothing usable is told by its flaw") {
    for (const auto& [text, flaw] : std::vector<std::pair<std::string, std::string>>{
             {"CONFIG_RISCV=y\n", "this architecture is not supported"},
             {"CONFIG_X86_64=y\n", "loads no modules"},
             {"CONFIG_X86_64=y\nCONFIG_MODULES=y\n", "CONFIG_CC_VERSION_TEXT"}}) {
        tree.write(headers + "/.config", text);
        REQUIRE(lacks().size() == 1);
        CHECK(lacks().front().found.contains(flaw));
    }
}
