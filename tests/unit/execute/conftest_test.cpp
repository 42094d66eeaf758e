// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/conftest.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <algorithm>

#include "execute/system_effects.hpp"
#include "fakes/recording_effects.hpp"
#include "fakes/temporary_root.hpp"

using namespace gpuboot;
using namespace gpuboot::execute;

namespace {

const bool not_root = ::geteuid() != 0;
const std::string tree_path = "/build/tree";

const Answers answers{
    {"compile-tests/dma_is_direct.h", "#undef NV_DMA_IS_DIRECT_PRESENT\n"},
    {"compile-tests/get_user_pages.h",
     "#define NV_GET_USER_PAGES_HAS_ARGS_FLAGS\n#define NV_GET_USER_PAGES_ARGS 5\n\n"},
    {"compile-tests/silent.h", ""},
    {"header_presence/linux/of.h.part", "#define NV_LINUX_OF_H_PRESENT\n"},
    {"headers.h", "// Kernel version: \"6.1.0-50-cloud-amd64\"\n#define NV_LINUX_OF_H_PRESENT\n"},
    {"uts_release", "// Kernel version:             \"6.1.0-50-cloud-amd64\"\n"},
};

void make(const fakes::TemporaryRoot& tree) {
    for (const auto& [path, text] : answers)
        tree.write(tree_path + "/conftest/" + path, text);
}

const std::set<std::string> questions{"linux/of.h", "dma_is_direct", "get_user_pages", "silent"};

} // namespace

TEST_CASE("an answer defines or undefines names of NVIDIA's, and that is all it does") {
    for (const auto& [path, text] : answers) {
        CAPTURE(path);
        CHECK(is_answer(path, text));
    }
    for (const char* text :
         {"#include \"/etc/shadow\"\n", "#define NV_X _Pragma(\"x\")\n", "#define NV_X() 1\n",
          "#define NV_X 1 \\\n", "#define NV_X __FILE__ x\n", "#define PATH 1\n", "#undef NV_X 1\n",
          "#define  NV_X\n", "#define NV_\xc3\xa4\n", "int x;\n", "/* */\n", "// NV_X\n",
          "#error no\n", "#define NV_X 1", "#define NV_X 1\r\n"}) {
        CAPTURE(text);
        CHECK(!is_answer("compile-tests/x.h", text));
    }
    CHECK(!is_answer("compile-tests/x.h", std::string("#define NV_X\n\0\n", 15)));
    CHECK(!is_answer("compile-tests/x.h", std::string(1 << 20, '\n')));
    CHECK(!is_answer("uts_release", "// Kernel version: \"6.1\" \\\n"));
}

TEST_CASE("an answer's name leads nowhere else") { // F-112
    for (const char* path :
         {"compile-tests/../../Kbuild.h", "compile-tests/a/b.h", "/compile-tests/a.h",
          "compile-tests/.h", "compile-tests/a.c", "header_presence/../x.h.part",
          "header_presence//x.h.part", "header_presence/.x.h.part", "header_presence/x.part",
          "functions.h", "patches.h", "", "headers.h/", "uts_release/x"}) {
        CAPTURE(path);
        CHECK(!is_answer(path, ""));
    }
    // It looks at what another vendor installed, which no key of ours knows.
    CHECK(!is_answer("compile-tests/ib_peer_memory_symbols.h", ""));
}

TEST_CASE("make's output tells what is asked, and when all is answered") {
    Questions seen;
    CHECK(!seen.probing());
    CHECK(!seen.see("  CC [M]  nvidia/nv.o"));
    CHECK(!seen.probing());
    CHECK(!seen.see(" CONFTEST: cc_sanity_check"));
    CHECK(!seen.see(" CONFTEST: ../../../etc/passwd.h"));
    CHECK(seen.see(" CONFTEST: linux/of.h") == "linux/of.h");
    CHECK(seen.see(" CONFTEST: get_user_pages") == "get_user_pages");
    CHECK(seen.asked() == std::set<std::string>{"get_user_pages", "linux/of.h"});
    CHECK(seen.probing());
    for (const char* header : {"functions", "generic", "macros", "symbols", "types"})
        CHECK(!seen.see(std::string(" CONFTEST ") + header + ".h:"));
    CHECK(!seen.answered());
    CHECK(!seen.see(" CONFTEST headers.h:"));
    CHECK(seen.answered());
    CHECK(seen.compiling().count() >= 0);
}

TEST_CASE("with kept answers about headers nothing is said of those") {
    Questions seen;
    for (const char* header : {"functions", "generic", "macros", "symbols"})
        CHECK(!seen.see(std::string(" CONFTEST ") + header + ".h:"));
    CHECK(!seen.answered());
    CHECK(!seen.see(" CONFTEST types.h:"));
    CHECK(seen.answered());
}

TEST_CASE("answers are collected as they were given") {
    const fakes::TemporaryRoot tree;
    make(tree);
    const auto found = collect_answers(tree.root, tree_path, questions);
    REQUIRE_MESSAGE(found, found.error().what);
    CHECK(*found == answers);
}

// F-69, F-70
TEST_CASE("what is no answer is not collected, and nothing beside it") {
    const fakes::TemporaryRoot tree;
    make(tree);
    tree.write("/secret", "#define NV_SECRET 1\n");
    const std::string path = tree_path + "/conftest/compile-tests/dma_is_direct.h";
    ::unlink(tree.outside(path).c_str());
    SUBCASE("absent") {}
    SUBCASE("a symlink out of the tree") { tree.link(path, tree.outside("/secret")); }
    SUBCASE("a symlink inside") { tree.link(path, "get_user_pages.h"); }
    SUBCASE("a second name of another file") {
        REQUIRE(::link(tree.outside("/secret").c_str(), tree.outside(path).c_str()) == 0);
    }
    SUBCASE("a FIFO") { REQUIRE(::mkfifo(tree.outside(path).c_str(), 0644) == 0); }
    SUBCASE("a directory") { tree.write(path + "/x", ""); }
    SUBCASE("code") { tree.write(path, "#include \"/secret\"\n"); }
    SUBCASE("as large as a disk") {
        tree.write(path, "");
        REQUIRE(::truncate(tree.outside(path).c_str(), off_t{1} << 40) == 0);
    }
    SUBCASE("behind a folder that is a symlink") {
        make(tree);
        const std::string folder = tree.outside(tree_path + "/conftest/compile-tests");
        REQUIRE(::rename(folder.c_str(), tree.outside("/elsewhere").c_str()) == 0);
        tree.link(tree_path + "/conftest/compile-tests", "/elsewhere");
    }
    CHECK(!collect_answers(tree.root, tree_path, questions));
}

TEST_CASE("answers are laid so that make takes them for made" * doctest::skip(not_root)) {
    const fakes::TemporaryRoot tree;
    tree.write(tree_path + "/conftest.sh", "");
    SystemEffects real(tree.root);
    fakes::RecordingEffects effects(real);
    REQUIRE(lay_answers(effects, tree_path, answers, {1234, 1235}));
    CHECK(*collect_answers(tree.root, tree_path, questions) == answers);
    std::vector<std::string> order;
    for (const std::string& call : effects.calls)
        if (call.starts_with("replace_file ")) order.push_back(call.substr(34, 15));
    CHECK(order == std::vector<std::string>{"uts_release 066", "header_presence", "headers.h 0666",
                                            "compile-tests/d", "compile-tests/g",
                                            "compile-tests/s"});
    const auto folder = tree.root.status(tree_path + "/conftest/header_presence/linux");
    REQUIRE(folder);
    CHECK(folder->st_uid == 1234);
    CHECK((folder->st_mode & 07777) == 0700);
    const auto file = tree.root.status(tree_path + "/conftest/headers.h");
    CHECK((file->st_mode & 07777) == 0666); // it may be asked again, by another user than root
}
