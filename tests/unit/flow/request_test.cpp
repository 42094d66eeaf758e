// SPDX-License-Identifier: LGPL-2.1-or-later
// The request phase on a tree of its own: nothing that an unprivileged user can put into
// /run/gpuboot/want does more than start the chain's units. // F-105 F-99
#include "flow/request.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/document.hpp"
#include "base/names.hpp"
#include "execute/system_effects.hpp"
#include "fakes/recording_effects.hpp"
#include "fakes/temporary_root.hpp"

using namespace gpuboot;
using fakes::RecordingEffects;
using fakes::TemporaryRoot;

namespace {

const std::string want = std::string(names::want_directory) + "/";

struct World {
    TemporaryRoot tree;
    execute::SystemEffects real{tree.root};
    RecordingEffects effects{real};

    World() {
        effects.on_run = [](const Tool&) { return ToolResult{}; };
    }

    std::vector<std::string> serve() {
        auto refused = flow::serve_requests({tree.root, effects});
        REQUIRE_MESSAGE(refused, refused.error().what);
        return *refused;
    }

    /// What "systemctl start" was asked for.
    std::string started() const {
        std::string text;
        for (const std::string& call : effects.calls)
            if (call.starts_with("run ")) text += call.substr(4) + "\n";
        return text;
    }

    Node record(int job) const {
        const auto text = tree.read("/run/gpuboot/report/job-" + std::to_string(job) + ".json");
        auto record = parse_json(text);
        REQUIRE_MESSAGE(record, text);
        return *record;
    }

    bool empty() const {
        const auto left = tree.root.list(names::want_directory);
        return left && left->empty();
    }
};

std::string request(const std::string& verb, int job, const std::string& more = "") {
    return "schema = 1\nverb = \"" + verb + "\"\njob = " + std::to_string(job) + "\n" + more;
}

} // namespace

TEST_CASE("no folder, no request, no work") {
    World world;
    CHECK(world.serve().empty());
    CHECK(world.effects.calls.empty());
}

TEST_CASE("each verb starts its part of the chain, and nothing else") {
    World world;
    SUBCASE("check") {
        world.tree.write(want + "1.toml", request("check", 1));
        CHECK(world.serve().empty());
        CHECK(world.started() ==
              "/usr/bin/systemctl start -- gpuboot-check.service gpuboot-rebuild.service "
              "gpuboot-recheck.service gpuboot-loader.service gpuboot-init.service\n");
        CHECK_FALSE(world.tree.root.exists(names::next_rebuild));
    }
    SUBCASE("rebuild") {
        world.tree.write(want + "1.toml", request("rebuild", 1));
        CHECK(world.serve().empty());
        CHECK(world.started() ==
              "/usr/bin/systemctl start -- gpuboot-rebuild.service gpuboot-recheck.service "
              "gpuboot-loader.service gpuboot-init.service\n");
        CHECK(world.tree.root.exists(names::next_rebuild));
        CHECK(world.tree.read(std::string(names::next_rebuild)) == "");
    }
    SUBCASE("rebuild by force") {
        world.tree.write(want + "1.toml", request("rebuild", 1, "force = true\n"));
        CHECK(world.serve().empty());
        CHECK(world.tree.read(std::string(names::next_rebuild)) == "force");
    }
    SUBCASE("init") {
        world.tree.write(want + "1.toml", request("init", 1));
        CHECK(world.serve().empty());
        CHECK(world.started() == "/usr/bin/systemctl start -- gpuboot-init.service\n");
    }
    SUBCASE("deactivate") {
        world.tree.write(want + "1.toml", request("deactivate", 1));
        CHECK(world.serve().empty());
        CHECK(world.started() ==
              "/usr/bin/systemctl start -- gpuboot-deactivate.service gpuboot-loader.service\n");
        CHECK_FALSE(world.tree.root.exists(names::opt_out_file));
    }
    CHECK(world.empty());
}

TEST_CASE("who opts out does so whether or not this boot's driver can go") { // S2-10
    World world;
    world.effects.on_run = [](const Tool&) { return ToolResult{1, false, "busy\n"}; };
    world.tree.write(want + "1.toml", request("opt-out", 1));
    CHECK(world.serve().empty());
    CHECK(world.started() ==
          "/usr/bin/systemctl start -- gpuboot-deactivate.service gpuboot-loader.service\n");
    CHECK(world.record(1).text("state") == "failed");
    CHECK(world.tree.root.exists(names::opt_out_file));
}

TEST_CASE("who opts in takes both marks away, and runs the chain") {
    World world;
    world.tree.write(std::string(names::opt_out_file), "");
    world.tree.write(std::string(names::boot_opt_out_file), "");
    world.tree.write(want + "1.toml", request("opt-in", 1));
    CHECK(world.serve().empty());
    CHECK_FALSE(world.tree.root.exists(names::opt_out_file));
    CHECK_FALSE(world.tree.root.exists(names::boot_opt_out_file));
    CHECK(world.started() == "/usr/bin/systemctl start -- gpu-ready.target\n");
    CHECK(world.record(1).text("state") == "done");
}

TEST_CASE("who opts in against the command line is told what decides") { // F-60
    World world;
    world.tree.write("/proc/cmdline", "gpuboot=off\n");
    world.tree.write(want + "1.toml", request("opt-in", 1));
    CHECK(world.serve().empty());
    CHECK(world.started() == "");
    CHECK(world.record(1).text("error") ==
          "the machine stays opted out: kernel command line: gpuboot=off");
}

TEST_CASE("a rebuild that is asked for forgets what failed in this boot") {
    World world;
    world.tree.write(std::string(names::tried_rebuild), "{\"error\": \"x\"}");
    world.tree.write(want + "1.toml", request("rebuild", 1));
    CHECK(world.serve().empty());
    CHECK_FALSE(world.tree.root.exists(names::tried_directory));
}

TEST_CASE("the record follows the job to its end") {
    World world;
    std::string during;
    world.effects.on_run = [&](const Tool&) {
        during = world.record(7).text("state");
        world.tree.write(std::string(names::last_report), "{\"verdict\": \"ready\"}");
        return ToolResult{};
    };
    world.tree.write(want + "7.toml", request("check", 7));
    CHECK(world.serve().empty());
    CHECK(during == "running");
    CHECK(world.record(7).text("state") == "done");
    CHECK(world.record(7).text("verb") == "check");
    CHECK(world.record(7).text("verdict") == "ready");
    CHECK(world.record(7).text("error") == "");
}

TEST_CASE("a chain that fails ends the job with systemd's own words") { // F-106
    World world;
    world.tree.write(want + "7.toml", request("init", 7));
    SUBCASE("the unit fails") {
        world.effects.on_run = [](const Tool&) {
            return ToolResult{1, false, "Unit gpuboot-init.service is masked.\n"};
        };
        CHECK(world.serve().empty());
        CHECK(world.record(7).text("error").contains("is masked"));
    }
    SUBCASE("systemd does not answer") {
        world.effects.on_run = [](const Tool&) { return ToolResult{137, true, ""}; };
        CHECK(world.serve().empty());
        CHECK(world.record(7).text("error").contains("in time"));
    }
    SUBCASE("there is no systemctl") {
        world.effects.on_run = [](const Tool&) -> Result<ToolResult> {
            return fail(Errc::NotFound, "starting /usr/bin/systemctl: No such file or directory");
        };
        CHECK(world.serve().empty());
        CHECK(world.record(7).text("error").contains("systemctl"));
    }
    CHECK(world.record(7).text("state") == "failed");
    CHECK(world.empty());
}

TEST_CASE("a request that nobody waits for has no record") {
    World world;
    world.tree.write(want + "device-0000:01:00.0.toml", request("check", 0));
    CHECK(world.serve().empty());
    CHECK(world.effects.count("run ") == 1);
    CHECK_FALSE(world.tree.root.exists("/run/gpuboot/report"));
}

TEST_CASE("whatever lies there and is no request is told, removed, and starts nothing") {
    World world;
    world.tree.write("/etc/precious", request("rebuild", 1));
    const std::string path = want + "9.toml";
    std::string wanted;
    SUBCASE("garbage") {
        world.tree.write(path, "\x01\x02 not a request");
        wanted = ":1:1: not TOML";
    }
    SUBCASE("empty") {
        world.tree.write(path, "");
        wanted = "schema: wanted";
    }
    SUBCASE("another verb") {
        world.tree.write(path, request("purge", 9));
        wanted = "verb: wanted";
    }
    SUBCASE("a path in it") {
        world.tree.write(path, request("check", 9, "unit = \"../../etc/x.service\"\n"));
        wanted = "unknown key";
    }
    SUBCASE("a symlink to a good request") {
        world.tree.link(path, "/etc/precious");
        wanted = path;
    }
    SUBCASE("a FIFO") {
        world.tree.write(want + ".x", "");
        REQUIRE(::mkfifo(world.tree.outside(path).c_str(), 0666) == 0);
        wanted = "found a FIFO";
    }
    SUBCASE("a folder full of files") {
        world.tree.write(path + "/a/b", "x");
        world.tree.link(path + "/etc", "/etc");
        wanted = "found a directory";
    }
    SUBCASE("a terabyte") {
        world.tree.write(path, "");
        REQUIRE(::truncate(world.tree.outside(path).c_str(), off_t{1} << 40) == 0);
        wanted = "larger than 4096 bytes";
    }
    SUBCASE("of a foreign owner") {
        REQUIRE_MESSAGE(::geteuid() == 0, "this test gives files away: run it as root");
        world.tree.write(path, request("check", 9));
        REQUIRE(::chown(world.tree.outside(path).c_str(), 54'321, 54'321) == 0);
        wanted = "found uid 54321";
    }
    const auto refused = world.serve();
    REQUIRE(refused.size() == 1);
    CHECK_MESSAGE(refused.front().contains(wanted), refused.front());
    CHECK(world.effects.count("run ") == 0);
    CHECK_FALSE(world.tree.root.exists(path));
    CHECK_FALSE(world.tree.root.status(path));
    CHECK(world.tree.read("/etc/precious") == request("rebuild", 1));
    CHECK_FALSE(world.tree.root.exists("/run/gpuboot/report/job-9.json"));
}

TEST_CASE("a bad request does not stand in the way of a good one") {
    World world;
    world.tree.write(want + "1.toml", "garbage");
    world.tree.write(want + "2.toml", request("init", 2));
    CHECK(world.serve().size() == 1);
    CHECK(world.record(2).text("state") == "done");
    CHECK(world.empty());
}

TEST_CASE("a request that is still being written is left alone") {
    World world;
    world.tree.write(want + ".3.toml.77", "schema");
    CHECK(world.serve().empty());
    CHECK(world.tree.root.exists(want + ".3.toml.77"));
}
