// SPDX-License-Identifier: LGPL-2.1-or-later
// The build user and the real gpuboot-confine, whose path is in GPUBOOT_CONFINE. Running it needs
// root, because becoming somebody else does.
#include "execute/confine.hpp"

#include <signal.h>
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
    return {program ? program : "GPUBOOT_CONFINE is not set", "/", {65534, 65534}};
}

/// What a shell prints inside.
std::string inside(const std::string& script) {
    const auto ran = run_tool(confined(confinement(), "/", {"GIVEN=yes"}, {"/bin/sh", "-c", script},
                                       std::chrono::seconds(10)));
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
            confined(wall, "/", {}, {"/bin/sh", "-c", script}, std::chrono::seconds(10)));
    };
    CHECK(run({65534, 65534}, "exit 7")->status == 7);
    CHECK(run({65534, 65534}, "sh -c 'kill -9 $$'")->status == 128 + 9);
    CHECK(run({0, 65534}, "true")->status == 125);
    CHECK(run({65534, 0}, "true")->output.starts_with("gpuboot-confine: --group: wanted an id"));
}

// F-67
TEST_CASE("what is left running ends with it, even when it left the group") {
    // It would hold the pipe open, and so this call, for as long as it lives.
    const auto begin = std::chrono::steady_clock::now();
    CHECK(inside("setsid sleep 60 & echo started") == "started\n");
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(8));
}

TEST_SUITE_END();
