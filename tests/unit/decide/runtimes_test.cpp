// SPDX-License-Identifier: LGPL-2.1-or-later
// P25: what is done about a container runtime, and what is told of it.
#include "decide/runtimes.hpp"

#include <doctest/doctest.h>

using namespace gpuboot;
using namespace gpuboot::model;

TEST_CASE("a runtime that could not be configured is told with its files and the error") {
    const ConfigureRuntime docker{"docker", {{"/etc/docker/daemon.json", "{}"}}, "docker.service"};
    const ConfigureRuntime containerd{"containerd", {{"/etc/a", ""}, {"/etc/b", ""}}, "c.service"};
    const Plan plan{docker, WriteCdi{}, containerd, MarkReady{}};
    const auto report = [](Outcome outcome, const char* error) {
        return StepReport{"", outcome, 0, error};
    };
    const auto reasons = decide::judge_configured(
        plan, {report(Outcome::Done, ""), report(Outcome::Failed, "other"),
               report(Outcome::Failed, "restarting c.service: no"), report(Outcome::Skipped, "")});
    REQUIRE(reasons.size() == 1);
    CHECK(reasons.front().code == ReasonCode::RuntimeUnconfigured);
    CHECK(reasons.front().subject == "containerd");
    CHECK(to_text(reasons.front()).contains("/etc/a /etc/b"));
    CHECK(reasons.front().found == "restarting c.service: no");
    CHECK(decide::judge_configured(plan, {}).empty());
}
