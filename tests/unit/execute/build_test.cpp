// SPDX-License-Identifier: LGPL-2.1-or-later
// These need root: the copy of the source is handed to another user.
#include "execute/build.hpp"

#include <fcntl.h>

#include <doctest/doctest.h>

#include "unit/execute/build_fixture.hpp"

using namespace gpuboot;
using namespace gpuboot::execute;

namespace {

using Fixture = tests::BuildFixture;
using tests::area, tests::not_root, tests::source_tree;

using StatusOf = struct stat;

StatusOf status_of(const fakes::TemporaryRoot& tree, const std::string& path) {
    return tree.root.status(path).value_or(StatusOf{});
}

} // namespace

TEST_SUITE_BEGIN("build" * doctest::skip(not_root));

TEST_CASE_FIXTURE(Fixture, "the compile sees a private copy that belongs to the build user") {
    const auto inner = compile;
    compile = [&](const Tool& tool) {
        CHECK((status_of(tree, area).st_mode & 07777) == 0700);
        for (const char* path : {"", "/tree", "/tmp", "/tree/sub", "/tree/m.c"}) {
            CHECK(status_of(tree, area + path).st_uid == 1234);
            CHECK(status_of(tree, area + path).st_gid == 1235);
        }
        CHECK((status_of(tree, area + "/tree/m.c").st_mode & 07777) == 0644);
        CHECK((status_of(tree, area + "/tree/sub/script").st_mode & 07777) == 0755);
        CHECK(tree.read(area + "/tree/m.c") == "int m;\n");
        return inner(tool);
    };
    REQUIRE(run());
    CHECK(scratch_is_gone());
    CHECK(status_of(tree, source_tree + "/m.c").st_uid == 0);
}

// F-74
TEST_CASE_FIXTURE(Fixture, "the compile is confined, with the environment dkms would give it") {
    REQUIRE(run());
    REQUIRE(effects.count("run ") == 2);
    const auto line = *std::ranges::find_if(
        effects.calls, [](const std::string& call) { return call.starts_with("run "); });
    CHECK(line.starts_with("run /libexec/confine --user 1234 --group 1235 --root /the/root "
                           "--directory " +
                           area + "/tree --writable " + area +
                           " --setenv MAKEFLAGS=CC=/usr/bin/gcc-12 --setenv kernelver=6.1.0-1 "));
    CHECK(line.contains(" --setenv kernel_source_dir=/lib/modules/6.1.0-1/build "));
    CHECK(line.contains(" --setenv TMPDIR=" + area + "/tmp "));
    CHECK(line.ends_with(" -- /bin/sh -c make -j$parallel_jobs modules"));
    CHECK(std::ranges::any_of(effects.calls, [](const std::string& call) {
        return call.starts_with("run /libexec/confine") &&
               call.ends_with(" -- /usr/bin/strip --strip-debug -- " + area + "/tree/m.ko");
    }));
}

TEST_CASE_FIXTURE(Fixture, "progress counts probes, then files") {
    REQUIRE(run());
    std::vector<std::string> told;
    for (const Progress& now : progress)
        told.push_back(now.stage + " " + std::to_string(now.done) + "/" +
                       std::to_string(now.total));
    CHECK(told == std::vector<std::string>{"copying the source 0/0",
                                           "probing the kernel's headers 1/0", "compiling 1/2",
                                           "compiling 2/2", "stripping debug information 0/0",
                                           "reading the products 0/0"});
}

// F-65
TEST_CASE_FIXTURE(Fixture,
                  "a failed compile quotes its first error, keeps its log, leaves nothing") {
    compile = [&](const Tool& tool) {
        tool.on_line(area + "/tree/m.c:1:5: error: expected ';'");
        tool.on_line("make: *** [Makefile:2: modules] Error 2");
        return ToolResult{2, false, ""};
    };
    CHECK(flaw() == "the compile failed: m.c:1:5: error: expected ';' (log: "
                    "/var/lib/gpuboot/records/failed/the-id.log)");
    CHECK(run().error().code == Errc::Hopeless);
    CHECK(tree.read("/var/lib/gpuboot/records/failed/the-id.log").contains("Error 2"));
    CHECK(tree.read("/var/lib/gpuboot/build.log").contains("Error 2"));
    CHECK(status_of(tree, "/var/lib/gpuboot/build.log").st_uid == 0);
    CHECK(scratch_is_gone());
}

// F-67
TEST_CASE_FIXTURE(Fixture, "a compile that does not end is named by its last word") {
    compile = [&](const Tool& tool) {
        tool.on_line("still thinking");
        return ToolResult{137, true, ""};
    };
    const auto built = run();
    REQUIRE(!built);
    CHECK(built.error().code == Errc::Timeout);
    CHECK(built.error().what.contains("did not end within 60 s; its last word: still thinking"));
    CHECK(scratch_is_gone());
}

// F-66
TEST_CASE_FIXTURE(Fixture, "a compile that says it worked and made nothing has failed") {
    compile = [](const Tool&) { return ToolResult{}; };
    CHECK(flaw().contains("made no m.ko"));
    CHECK(run().error().code == Errc::Hopeless);
    CHECK(scratch_is_gone());
}

// F-63
TEST_CASE_FIXTURE(Fixture, "a kernel made by clang is compiled for by clang, with its tools") {
    target.tools = {"/usr/bin/clang-19", "-19", "/usr/bin/llvm-strip-19", {}};
    REQUIRE(run());
    CHECK(std::ranges::any_of(effects.calls, [](const std::string& call) {
        return call.contains(" --setenv MAKEFLAGS=CC=/usr/bin/clang-19 LLVM=-19 ");
    }));
    CHECK(std::ranges::any_of(effects.calls, [](const std::string& call) {
        return call.contains(" -- /usr/bin/llvm-strip-19 --strip-debug ");
    }));
}

// F-68
TEST_CASE_FIXTURE(Fixture, "out of memory: once more with one job, then told as that") {
    std::vector<std::string> jobs;
    int enough = 0;
    const auto inner = compile;
    compile = [&](const Tool& tool) {
        for (const std::string& word : tool.argv)
            if (word.starts_with("parallel_jobs=")) jobs.push_back(word);
        if (static_cast<int>(jobs.size()) == enough) return inner(tool);
        tool.on_line("gcc: fatal error: Killed signal terminated program cc1");
        return ToolResult{2, false, ""};
    };
    CHECK(run().error().code == Errc::OutOfMemory);
    REQUIRE(jobs.size() == 2);
    CHECK(jobs.back() == "parallel_jobs=1");
    jobs.clear();
    enough = 2;
    CHECK(run());
    CHECK(jobs.size() == 2);
}

// F-18
TEST_CASE_FIXTURE(Fixture, "what a full disk does to a compile is not the source's fault") {
    compile = [&](const Tool& tool) {
        tool.on_line("m.c:1:1: fatal error: error writing to /x: No space left on device");
        return ToolResult{2, false, ""};
    };
    CHECK(run().error().code == Errc::Io);
}

TEST_CASE_FIXTURE(Fixture, "source that changes between its check and its copy is not compiled") {
    tree.write(source_tree + "/m.c", "int other;\n");
    CHECK(flaw().contains("changed while it was copied"));
    CHECK(effects.count("run ") == 0);
    CHECK(scratch_is_gone());
}

// F-69, F-71: whatever it leaves behind can be removed
TEST_CASE_FIXTURE(Fixture, "a hostile tree is cleared away, and nothing outside it is touched") {
    tree.write("/etc/precious", "keep");
    compile = [&](const Tool&) {
        const std::string folder = tree.outside(area + "/tree/");
        tree.link(area + "/tree/to-etc", "/etc");
        tree.link(area + "/tree/to-host", tree.outside("/etc"));
        ::mkdir((folder + "locked").c_str(), 0700);
        ::mkdir((folder + "locked/inner").c_str(), 0);
        ::chmod((folder + "locked").c_str(), 0);
        ::mkfifo((folder + "fifo").c_str(), 0);
        int deep = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY);
        for (int i = 0; i < 3000; ++i) {
            ::mkdirat(deep, "d", 0700);
            const int next = ::openat(deep, "d", O_RDONLY | O_DIRECTORY);
            ::close(deep);
            deep = next;
        }
        ::close(deep);
        return ToolResult{};
    };
    CHECK(flaw().contains("made no m.ko"));
    CHECK(scratch_is_gone());
    CHECK(tree.read("/etc/precious") == "keep");
    CHECK((status_of(tree, "/etc").st_mode & 07777) == 0755);
}

TEST_SUITE_END();
