// SPDX-License-Identifier: LGPL-2.1-or-later
// The build user and the real gpuboot-confine, whose path is in GPUBOOT_CONFINE. Running it needs
// root, because becoming somebody else does.
#include "execute/confine.hpp"

#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <cstdlib>

#include "fakes/temporary_root.hpp"

using namespace gpuboot;
using namespace gpuboot::execute;

namespace {

const bool not_root = ::geteuid() != 0;

BuildUser user_in(const std::string& passwd) {
    const fakes::TemporaryRoot tree;
    tree.write("/etc/passwd", passwd);
    return find_build_user(tree.root);
}

Confinement confinement() {
    const char* program = std::getenv("GPUBOOT_CONFINE");
    return {program ? program : "GPUBOOT_CONFINE is not set", "/", {65534, 65534}, false, ""};
}

/// What a shell prints inside.
std::string inside(const std::string& script) {
    const auto ran = run_tool(confined(confinement(), "/", "", {"GIVEN=yes"},
                                       {"/bin/sh", "-c", script}, std::chrono::seconds(10)));
    REQUIRE(ran);
    return ran->output;
}

} // namespace

TEST_CASE("the build user is the tree's own, and never root") {
    const BuildUser nobody;
    CHECK(user_in("root:x:0:0::/:/bin/sh\ngpuboot-build:x:990:991::/:/x\n") == BuildUser{990, 991});
    CHECK(user_in("gpuboot-build:x:0:991::/:/x\n") == nobody);
    CHECK(user_in("gpuboot-build:x:990:0::/:/x\n") == nobody);
    CHECK(user_in("gpuboot-build:x:99999999999:1::/:/x\n") == nobody);
    CHECK(user_in("gpuboot-build:x:-1:1::/:/x\n") == nobody);
    CHECK(user_in("gpuboot-build:x:990") == nobody);
    CHECK(user_in("gpuboot-builder:x:990:991::/:/x\n") == nobody);
    CHECK(user_in("") == nobody);
}

TEST_SUITE_BEGIN("confine" * doctest::skip(not_root));

TEST_CASE("inside there is no root, no way back and no capability") {
    CHECK(inside("id -u; id -g; id -G") == "65534\n65534\n65534\n");
    CHECK(inside("grep -c -E '^Cap(Inh|Prm|Eff|Amb):.0{16}$' /proc/self/status") == "4\n");
    CHECK(inside("grep NoNewPrivs /proc/self/status") == "NoNewPrivs:\t1\n");
    CHECK(inside("touch /etc/x 2>/dev/null || echo no") == "no\n");
}

TEST_CASE("inside there is no network") {
    CHECK(inside("grep -c : /proc/self/net/dev") == "1\n");
    CHECK(inside("grep -c lo: /proc/self/net/dev") == "1\n");
}

// F-74, F-116
TEST_CASE("inside there is a fixed environment and no inherited file") {
    ::setenv("LD_PRELOAD_TEST", "leaked", 1);
    const int leaked = ::dup(1); // without O_CLOEXEC
    CHECK(inside("env | grep -v -E '^(PWD|_|SHLVL|OLDPWD)=' | LC_ALL=C sort") ==
          "GIVEN=yes\nHOME=/\nLC_ALL=C\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\nSOURCE_DATE_EPOCH=0\n");
    CHECK(inside("ls /proc/self/fd") == "0\n1\n2\n3\n"); // 3 is that of ls
    CHECK(inside("umask; ulimit -c") == "0022\n0\n");
    ::close(leaked);
}

TEST_CASE("the exit status comes back, and so does a refusal") {
    const auto run = [](BuildUser user, const std::string& script) {
        auto wall = confinement();
        wall.user = user;
        return run_tool(
            confined(wall, "/", "", {}, {"/bin/sh", "-c", script}, std::chrono::seconds(10)));
    };
    CHECK(run({65534, 65534}, "exit 7")->status == 7);
    CHECK(run({65534, 65534}, "sh -c 'kill -9 $$'")->status == 128 + 9);
    CHECK(run({0, 65534}, "true")->status == 125);
    CHECK(run({65534, 0}, "true")->output.starts_with("gpuboot-confine: --group: wanted an id"));
}

// F-70
TEST_CASE("inside, nothing but the one folder can be written, and /tmp is another") {
    const fakes::TemporaryRoot tree;
    tree.write("/open/x", "");
    ::chmod(tree.outside("/open").c_str(), 0777);
    const std::string folder = tree.outside("/open"), beside = tree.outside("/");
    ::chmod(beside.c_str(), 0777);
    std::filesystem::create_directory("/tmp/gpuboot-seen-outside");
    const auto ran = run_tool(confined(confinement(), folder, folder, {},
                                       {"/bin/sh", "-c",
                                        "touch in && echo in; touch " + beside +
                                            "out && echo out; test -e /tmp/gpuboot-seen-outside && "
                                            "echo tmp; touch /tmp/own && echo own"},
                                       std::chrono::seconds(10)));
    std::filesystem::remove("/tmp/gpuboot-seen-outside");
    REQUIRE(ran);
    CHECK(ran->output.contains("in\n"));
    CHECK(!ran->output.contains("\nout\n"));
    if (!folder.starts_with("/tmp/")) CHECK(!ran->output.contains("\ntmp\n"));
    CHECK(tree.root.exists("/open/in"));
}

// F-70
TEST_CASE("walls that are said to stand, and do not, are a refusal") {
    auto walls = confinement();
    Tool tool = confined(walls, "/", "", {}, {"/bin/true"}, std::chrono::seconds(10));
    tool.argv.insert(tool.argv.begin() + 1, {"--walls", "given"});
    const auto ran = run_tool(tool);
    REQUIRE(ran);
    CHECK(ran->status == 125);
    CHECK(ran->output == "gpuboot-confine: not the user of the compile\n");
}

TEST_CASE("in a unit: systemd-run with the walls, then gpuboot-confine to look at them") {
    auto walls = confinement();
    walls.unit = true;
    const Tool tool =
        confined(walls, "/b/tree", "/b", {"A=b"}, {"/bin/sh", "${x}"}, std::chrono::seconds(60));
    CHECK(tool.lifeline);
    CHECK(tool.argv.front() == "/usr/bin/systemd-run");
    std::string line;
    for (const std::string& word : tool.argv)
        line += word + "|";
    for (const char* part :
         {"--wait|--pipe|", "--property=PrivateNetwork=yes|", "--property=CapabilityBoundingSet=|",
          "--property=RuntimeMaxSec=70|", "--property=ReadWritePaths=/b|", "|--walls|given|",
          "|--setenv|A=b|--|/bin/sh|$${x}|"})
        CHECK_MESSAGE(line.contains(part), part);
}

// F-67
TEST_CASE("what is left running ends with it, even when it left the group") {
    // It would hold the pipe open, and so this call, for as long as it lives.
    const auto begin = std::chrono::steady_clock::now();
    CHECK(inside("setsid sleep 60 & echo started") == "started\n");
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(8));
}

TEST_SUITE_END();
