// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/kept_answers.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "base/names.hpp"
#include "base/sealed.hpp"
#include "execute/recovery.hpp"
#include "execute/system_effects.hpp"
#include "fakes/failing_effects.hpp"
#include "fakes/kernel_headers.hpp"
#include "fakes/temporary_root.hpp"

using namespace gpuboot;
using namespace gpuboot::execute;

namespace {

const bool not_root = ::geteuid() != 0;
const std::string record(names::kept_answers);
const Answers some{{"compile-tests/a.h", "#define NV_A 1\n"}, {"headers.h", "#undef NV_B\n\n"}};

std::string key(char digit) { return std::string(64, digit); }

struct Fixture {
    fakes::TemporaryRoot tree;
    SystemEffects effects{tree.root};

    Answers read(char digit) { return read_answers(tree.root, effects, key(digit)); }
    Result<void> keep(char digit, const Answers& answers = some) {
        return keep_answers(tree.root, effects, key(digit), answers);
    }
};

} // namespace

TEST_SUITE_BEGIN("kept answers" * doctest::skip(not_root));

TEST_CASE_FIXTURE(Fixture, "what is kept under a key is found under it, and under no other") {
    CHECK(read('a').empty());
    REQUIRE(keep('a'));
    CHECK(read('a') == some);
    CHECK(read('b').empty());
    const Answers other{{"uts_release", "// Kernel version: \"6.1.0-1\"\n"}};
    REQUIRE(keep('a', other));
    CHECK(read('a') == other);
    CHECK((tree.root.status(record)->st_mode & 07777) == 0644);
}

TEST_CASE_FIXTURE(Fixture, "the newest four are kept") {
    for (const char digit : {'1', '2', '3', '4', '1', '5'})
        REQUIRE(keep(digit));
    for (const char digit : {'1', '3', '4', '5'})
        CHECK(read(digit) == some);
    CHECK(read('2').empty());
}

// F-33, F-115
TEST_CASE_FIXTURE(Fixture, "a record that is not as it was written is nothing, and goes") {
    REQUIRE(keep('a'));
    const std::string file = tree.outside(record), text = tree.read(record);
    SUBCASE("torn") { REQUIRE(::truncate(file.c_str(), 100) == 0); }
    SUBCASE("one bit") { tree.write(record, std::string(text).replace(90, 1, "x")); }
    SUBCASE("another owner") { REQUIRE(::chown(file.c_str(), 1234, 0) == 0); }
    SUBCASE("writable by all") { REQUIRE(::chmod(file.c_str(), 0666) == 0); }
    SUBCASE("two names") { REQUIRE(::link(file.c_str(), tree.outside("/other").c_str()) == 0); }
    SUBCASE("a symlink") {
        ::unlink(file.c_str());
        tree.write("/elsewhere", text);
        tree.link(record, "/elsewhere");
    }
    SUBCASE("sealed, with code in it") {
        auto payload = *unseal(text);
        payload.replace(payload.find("#define NV_A 1"), 14, "#include NV_A1");
        tree.write(record, seal(payload));
    }
    SUBCASE("sealed, of a newer format") {
        auto payload = *unseal(text);
        payload.replace(payload.find("\"format\":1"), 10, "\"format\":2");
        tree.write(record, seal(payload));
    }
    SUBCASE("sealed, no record") { tree.write(record, seal("[]")); }
    CHECK(read('a').empty());
    CHECK(!tree.root.status(record));
    CHECK(keep('a'));
}

// F-12
TEST_CASE_FIXTURE(Fixture, "recovery removes a torn record and leaves a whole one") {
    REQUIRE(keep('a'));
    recover(tree.root, effects);
    CHECK(read('a') == some);
    REQUIRE(::truncate(tree.outside(record).c_str(), 100) == 0);
    CHECK(recover(tree.root, effects) == 1);
    CHECK(!tree.root.status(record));
}

TEST_CASE_FIXTURE(Fixture, "each thing that the answers depend on changes the key") {
    fakes::install_headers(tree, "6.1.0-1", "gcc-12 12.2.0");
    source::Recipe recipe;
    recipe.sha256 = key('c');
    source::Target target{"6.1.0-1",       "x86_64", "",
                          "gcc-12 12.2.0", "",       {"/usr/bin/gcc-12", "", "", {}}};
    const auto was = answers_key(tree.root, recipe, target);
    REQUIRE(was);
    const auto differs = [&] { return *answers_key(tree.root, recipe, target) != *was; };
    CHECK(!differs());
    SUBCASE("source") { recipe.sha256 = key('d'); }
    SUBCASE("architecture") { target.arch = "aarch64"; }
    SUBCASE("compiler") { target.compiler = "gcc-12 12.2.1"; }
    SUBCASE("where the compiler lies") { target.tools.compiler = "/usr/bin/gcc"; }
    SUBCASE("headers") { tree.write("/usr/src/linux-headers-6.1.0-1/include/linux/pci.h", "x"); }
    SUBCASE("common headers") {
        tree.write("/usr/src/linux-headers-6.1.0-1-common/include/linux/pci.h", "");
    }
    SUBCASE("scripts") { tree.write("/usr/lib/linux-kbuild-6.1/scripts/Makefile.lib", "x"); }
    CHECK(differs());
}
