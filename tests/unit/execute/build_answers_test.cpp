// SPDX-License-Identifier: LGPL-2.1-or-later
// What conftest found out in a compile is kept for the next one; which modules are compiled.
#include <doctest/doctest.h>

#include "unit/execute/build_fixture.hpp"

using namespace gpuboot;
using namespace gpuboot::execute;

namespace {

using Fixture = tests::BuildFixture;
using tests::area, tests::not_root, tests::source_tree;

/// A source that asks the kernel's headers, as NVIDIA's Kbuild does: what is answered already, and
/// no older than conftest.sh, is not asked again.
struct Asking : Fixture {
    std::vector<std::string> asked; ///< by the last compile
    std::function<ToolResult(const Tool&)> then = compile;

    Asking() {
        tree.write(source_tree + "/conftest.sh", "");
        recipe.tree = *source::list_tree(tree.root, source_tree);
        recipe.sha256 = *source::digest_tree(tree.root, recipe.tree);
        compile = [this](const Tool& tool) {
            asked.clear();
            tool.on_line(" CONFTEST: cc_sanity_check");
            answer(tool, "linux/of.h", "header_presence/linux/of.h.part");
            answer(tool, "a_function", "compile-tests/a_function.h");
            answer(tool, "", "uts_release", "// Kernel version: \"6.1.0-1\"\n");
            answer(tool, "", "headers.h");
            for (const char* header :
                 {"headers", "functions", "generic", "macros", "symbols", "types"})
                tool.on_line(std::string(" CONFTEST ") + header + ".h:");
            return then(tool);
        };
        then = [this](const Tool& tool) {
            tool.on_line("  CC [M]  " + area + "/tree/m.o");
            tree.write(area + "/tree/m.ko", fakes::module_image("m", "6.1.0-1"));
            return ToolResult{};
        };
    }

    void answer(const Tool& tool, const std::string& question, const std::string& path,
                const std::string& text = "#define NV_ANSWERED 1\n") {
        const std::string file = area + "/tree/conftest/" + path;
        if (tree.root.exists(file)) return;
        if (!question.empty()) {
            asked.push_back(question);
            tool.on_line(" CONFTEST: " + question);
        }
        tree.write(file, text);
    }
};

const std::vector<std::string> both{"linux/of.h", "a_function"};

} // namespace

TEST_SUITE_BEGIN("build answers" * doctest::skip(not_root));

TEST_CASE_FIXTURE(Asking, "what conftest found out once is not asked again, and told apart") {
    const auto first = run();
    REQUIRE(first);
    CHECK(asked == both);
    REQUIRE(first->times);
    CHECK(first->times->asked == 2);
    CHECK(first->times->kept == 0);
    const auto second = run();
    REQUIRE(second);
    CHECK(asked.empty());
    CHECK(second->times->asked == 0);
    CHECK(second->times->kept == 4);
    CHECK(second->products.front().module.sha256 == first->products.front().module.sha256);
}

TEST_CASE_FIXTURE(Asking, "other headers, or who does not believe it: all is asked") {
    REQUIRE(run());
    SUBCASE("other headers") { tree.write("/lib/modules/6.1.0-1/build/include/new.h", ""); }
    SUBCASE("not believed") { ask_anew = true; }
    SUBCASE("another compiler") { target.compiler = "gcc-13"; }
    SUBCASE("damaged") { tree.write("/var/lib/gpuboot/records/conftest", "torn"); }
    REQUIRE(run());
    CHECK(asked == both);
}

TEST_CASE_FIXTURE(Asking, "a compile that fails after its questions leaves the answers") {
    const auto well = then;
    then = [](const Tool& tool) {
        tool.on_line("m.c:1:5: error: expected ';'");
        return ToolResult{2, false, ""};
    };
    SUBCASE("an error of the source") {}
    SUBCASE("a deadline") {
        then = [](const Tool&) { return ToolResult{137, true, ""}; };
    }
    REQUIRE(!run());
    then = well;
    REQUIRE(run());
    CHECK(asked.empty());
}

// F-68, F-70
TEST_CASE_FIXTURE(Asking, "answers that may be wrong, or are none, are not kept") {
    const auto well = then;
    SUBCASE("memory ran out") {
        then = [](const Tool& tool) {
            tool.on_line("gcc: fatal error: Killed signal terminated program cc1");
            return ToolResult{2, false, ""};
        };
    }
    SUBCASE("the disk was full") {
        then = [](const Tool& tool) {
            tool.on_line("cat: write error: No space left on device");
            return ToolResult{2, false, ""};
        };
    }
    SUBCASE("code where an answer should be") {
        then = [this, well](const Tool& tool) {
            tree.write(area + "/tree/conftest/headers.h", "#include \"/etc/passwd\"\n");
            return well(tool);
        };
    }
    (void)run();
    then = well;
    REQUIRE(run());
    CHECK(asked == both);
}

TEST_CASE_FIXTURE(Fixture, "a source that asks nothing has nothing told apart, nothing kept") {
    compile = [&](const Tool&) {
        tree.write(area + "/tree/m.ko", fakes::module_image("m", "6.1.0-1"));
        return ToolResult{};
    };
    const auto built = run();
    REQUIRE(built);
    CHECK(!built->times);
    CHECK(!tree.root.exists("/var/lib/gpuboot/records/conftest"));
}

TEST_CASE_FIXTURE(Fixture,
                  "what the pin leaves out is not compiled, in the words of NVIDIA's Makefile") {
    recipe.left_out = {"m-drm", "m-uvm"};
    REQUIRE(run());
    CHECK(std::ranges::any_of(effects.calls, [](const std::string& call) {
        return call.contains(" --setenv MAKEFLAGS=CC=/usr/bin/gcc-12 "
                             "NV_EXCLUDE_KERNEL_MODULES=m-drm\\ m-uvm --setenv ");
    }));
}

TEST_CASE_FIXTURE(Fixture,
                  "a module that stands on one that was left out: told by where it is asked for") {
    recipe.left_out = {"m-modeset"};
    recipe.asked_at = "/etc/gpuboot/versions.toml:6: driver.modules";
    SUBCASE("the module says so") {
        const auto inner = compile;
        compile = [&, inner](const Tool& tool) {
            auto ended = inner(tool);
            tree.write(area + "/tree/m.ko",
                       fakes::module_image("m", "6.1.0-1", std::string("depends=m_modeset\0", 18)));
            return ended;
        };
        CHECK(flaw() == "/etc/gpuboot/versions.toml:6: driver.modules: wanted m-modeset with m, "
                        "which depends on it, found it left out");
    }
    SUBCASE("modpost does") {
        compile = [](const Tool& tool) {
            tool.on_line("ERROR: modpost: \"nvKms\" [/x/m.ko] undefined!");
            return ToolResult{2, false, ""};
        };
        CHECK(flaw().contains("undefined!; /etc/gpuboot/versions.toml:6: driver.modules: wanted "
                              "each module with those it depends on, left out: m-modeset (log: "));
    }
    CHECK(run().error().code == Errc::Hopeless);
}

TEST_SUITE_END();
