// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/executor.hpp"

#include <doctest/doctest.h>

#include <cerrno>

#include "base/digest.hpp"
#include "fakes/failing_effects.hpp"
#include "fakes/recording_effects.hpp"

using namespace gpuboot;
using namespace gpuboot::model;
using execute::Execution;
using execute::Executor;
using fakes::FailingEffects;
using fakes::RecordingEffects;
using Calls = std::vector<std::string>;

namespace {

/// Also keeps the bytes that would have gone to the kernel.
class Loading : public RecordingEffects {
  public:
    std::vector<std::string> loaded;

    Result<void> load_module(std::string_view name, ByteView image) override {
        loaded.emplace_back(text_of(image));
        return RecordingEffects::load_module(name, image);
    }
};

const std::string nvidia = "the bytes of nvidia", uvm = "the bytes of uvm";

input::Images images() {
    input::Images images;
    for (const std::string& text : {nvidia, uvm}) {
        const ByteView bytes = bytes_of(text);
        images[sha256_hex(bytes)] = Bytes(bytes.begin(), bytes.end());
    }
    return images;
}

Plan boot_plan() {
    return {Activate{"b1"}, LoadModule{"b1", "nvidia", sha256_hex(bytes_of(nvidia)), {}},
            LoadModule{"b1", "nvidia_uvm", sha256_hex(bytes_of(uvm)), {"video", "drm"}}};
}

/// One of every step, in the order of an init.
Plan every_step() {
    Plan plan = boot_plan();
    plan.insert(
        plan.end(),
        {MakeNode{"/dev/nvidia0", 195, 0, 0666, 0, 0},
         MakeLink{"/dev/char/195:0", "../nvidia0"},
         Remove{"/dev/nvidia1"},
         TestReady{ReadyTest::Open, {"/dev/nvidia0"}, 10},
         ConfigureRuntime{"containerd", {{"/etc/c/a", "x"}, {"/etc/c/d/b", "y"}}, "c.service"},
         WriteCdi{},
         TestFabric{30},
         StartUnit{"a.service", true},
         MarkReady{},
         StartUnit{"b.service", false},
         DeferUnit{"dcgm-a@1.service"},
         ReloadUnit{"d.service"},
         RequestRebuild{},
         RequestLoader{},
         SetFirmwarePath{"/a"},
         UnloadModule{"nvidia_uvm"},
         StopUnit{"c.service"},
         WithdrawCdi{},
         Deactivate{},
         WriteRecord{BadBake{"b1", "k", "", "why", ""}}});
    return plan;
}

std::string outcomes(const Execution& execution) {
    std::string text;
    for (const StepReport& step : execution.steps)
        text += to_text(step.outcome).substr(0, 1);
    return text;
}

std::size_t calls_of(const Plan& plan) {
    RecordingEffects effects;
    Executor(effects, images()).run(plan);
    return effects.calls.size();
}

ToolResult answer(int status, std::string output) { return {status, false, std::move(output)}; }

} // namespace

TEST_CASE("every step becomes its effect, in the plan's order") {
    RecordingEffects effects;
    const auto loadable = images();
    const Execution execution = Executor(effects, loadable).run(every_step());
    CHECK_FALSE(execution.failure);
    CHECK(outcomes(execution) == "ddddddddddddddddddddddd");
    CHECK(effects.calls == Calls{"ensure_directory /run/gpuboot 0755",
                                 "replace_link /run/gpuboot/active /var/lib/gpuboot/bakes/b1",
                                 "load_module nvidia 19",
                                 "load_system_module video",
                                 "load_system_module drm",
                                 "load_module nvidia_uvm 16",
                                 "ensure_directory /dev 0755",
                                 "make_node /dev/nvidia0 195:0 0666",
                                 "ensure_directory /dev/char 0755",
                                 "replace_link /dev/char/195:0 ../nvidia0",
                                 "remove /dev/nvidia1",
                                 "run " GPUBOOT_LIBEXECDIR "/gpuboot-probe open /dev/nvidia0",
                                 "ensure_directory /etc/c 0755",
                                 "replace_settings /etc/c/a",
                                 "ensure_directory /etc/c/d 0755",
                                 "replace_settings /etc/c/d/b",
                                 "run /usr/bin/systemctl try-restart -- c.service",
                                 "ensure_directory /run/cdi 0755",
                                 "replace_file /run/cdi/gpuboot.json 0644",
                                 "run " GPUBOOT_LIBEXECDIR "/gpuboot-probe fabric 30",
                                 "run /usr/bin/systemctl start -- a.service",
                                 "replace_file /run/gpuboot/ready 0644",
                                 "run /usr/bin/systemctl --no-block start -- b.service",
                                 "run /usr/bin/systemctl --no-block start -- "
                                 "gpuboot-enqueue@dcgm\\x2da\\x401.service.service",
                                 "run /usr/bin/systemctl --no-block try-reload-or-restart -- "
                                 "d.service",
                                 "ensure_directory /run/gpuboot/next 0700",
                                 "replace_file /run/gpuboot/next/rebuild 0600",
                                 "ensure_directory /run/gpuboot/next 0700",
                                 "replace_file /run/gpuboot/next/loader 0600",
                                 "write_setting /sys/module/firmware_class/parameters/path /a",
                                 "unload_module nvidia_uvm",
                                 "run /usr/bin/systemctl stop -- c.service",
                                 "remove /run/cdi/gpuboot.json",
                                 "remove /run/cdi/gpuboot.json", // of deactivating, too
                                 "remove /run/gpuboot/active",
                                 "ensure_directory /run/gpuboot/tried/bad 0755",
                                 "replace_file /run/gpuboot/tried/bad/b1 0644",
                                 "ensure_directory /var/lib/gpuboot/records/bad 0755",
                                 "replace_record /var/lib/gpuboot/records/bad/b1"});
}

TEST_CASE("the bytes that were verified are the bytes that are loaded") { // F-45
    Loading effects;
    const auto loadable = images();
    CHECK_FALSE(Executor(effects, loadable).run(boot_plan()).failure);
    CHECK(effects.loaded == Calls{nvidia, uvm});
}

TEST_CASE("without verified bytes nothing is loaded") { // F-31 F-45
    RecordingEffects effects;
    const input::Images none;
    const Execution execution = Executor(effects, none).run(boot_plan());
    REQUIRE(execution.failure);
    CHECK(execution.failure->error.what.contains("no verified bytes"));
    CHECK(effects.count("load_") == 0);
    CHECK(outcomes(execution) == "dfs");
}

TEST_CASE("an empty plan does nothing and fails nothing") {
    RecordingEffects effects;
    const input::Images none;
    const Execution execution = Executor(effects, none).run({});
    CHECK(execution.steps.empty());
    CHECK_FALSE(execution.failure);
    CHECK(effects.calls.empty());
}

TEST_CASE("at whichever change it fails, the report is true and nothing follows") { // F-19 F-46
    const auto loadable = images();
    const Plan plan = every_step();
    RecordingEffects dry;
    Executor(dry, loadable).run(plan);
    const std::size_t changes = dry.calls.size();
    for (std::size_t at = 1; at <= changes; ++at) {
        CAPTURE(dry.calls[at - 1]);
        RecordingEffects done;
        FailingEffects effects(done, at, ENOSPC, fakes::Failing::Once);
        const Execution execution = Executor(effects, loadable).run(plan);
        REQUIRE(execution.steps.size() == plan.size());
        const std::string seen = outcomes(execution);
        const auto failed = seen.find('f');
        REQUIRE(failed != std::string::npos);
        CHECK(execution.steps[failed].error.contains("No space left on device"));
        const auto* unit = std::get_if<StartUnit>(&plan[failed]);
        const bool told = std::holds_alternative<WriteCdi>(plan[failed]) ||
                          std::holds_alternative<ConfigureRuntime>(plan[failed]) ||
                          std::holds_alternative<DeferUnit>(plan[failed]) ||
                          std::holds_alternative<ReloadUnit>(plan[failed]);
        if (told || (unit && !unit->critical)) { // tolerated: the rest is done
            CHECK_FALSE(execution.failure);
            CHECK(seen.find('s') == std::string::npos);
            // But for what the step itself would still have done.
            const Plan until(plan.begin(), plan.begin() + static_cast<long>(failed) + 1);
            CHECK(done.calls.size() == changes - (calls_of(until) - at + 1));
            continue;
        }
        REQUIRE(execution.failure);
        CHECK((execution.failure->step == plan[failed]));
        CHECK(execution.failure->error.sys == ENOSPC);
        CHECK(seen == std::string(failed, 'd') + "f" + std::string(plan.size() - failed - 1, 's'));
        CHECK(done.calls ==
              Calls(dry.calls.begin(), dry.calls.begin() + static_cast<long>(at) - 1));
    }
}

TEST_CASE("a deferred unit that is not even enqueued fails no boot") { // S3-05
    RecordingEffects effects;
    const input::Images none;
    effects.on_run = [](const Tool&) { return answer(5, "Failed to start.\n"); };
    const Execution execution = Executor(effects, none).run({DeferUnit{"b.service"}, MarkReady{}});
    CHECK_FALSE(execution.failure);
    CHECK(outcomes(execution) == "fd");
    CHECK(execution.steps[0].error == "Failed to start.");
}

TEST_CASE("a critical unit that fails is the end, in systemctl's last words") { // S3-05
    RecordingEffects effects;
    const input::Images none;
    effects.on_run = [](const Tool&) { return answer(1, "Job failed.\nSee journalctl.\n\n"); };
    const Execution execution =
        Executor(effects, none).run({StartUnit{"a.service", true}, MarkReady{}});
    REQUIRE(execution.failure);
    CHECK(execution.failure->error.what == "See journalctl.");
    CHECK(effects.count("replace_file") == 0);
}

TEST_CASE("the readiness test has the policy's deadline and says when it passed") { // F-93
    RecordingEffects effects;
    const input::Images none;
    std::chrono::milliseconds deadline{};
    effects.on_run = [&](const Tool& tool) -> Result<ToolResult> {
        deadline = tool.deadline;
        return ToolResult{137, true, "half a word"};
    };
    const Execution execution =
        Executor(effects, none).run({TestReady{ReadyTest::Open, {"/dev/nvidia0"}, 7}});
    REQUIRE(execution.failure);
    CHECK(deadline == std::chrono::seconds(7));
    CHECK(execution.failure->error.code == Errc::Timeout);
    CHECK(execution.failure->error.what == "no answer within 7 s");
}

TEST_CASE("each readiness test asks what the policy says, and never without a GPU") {
    const input::Images none;
    const auto run = [&](ReadyTest test, std::vector<std::string> nodes) {
        RecordingEffects effects;
        const Execution execution = Executor(effects, none).run({TestReady{test, nodes, 10}});
        return (execution.failure ? "failed" : "passed") +
               (effects.calls.empty() ? "" : ": " + effects.calls.front());
    };
    const std::string probe = ": run " GPUBOOT_LIBEXECDIR "/gpuboot-probe ";
    CHECK(run(ReadyTest::Bound, {"/dev/nvidia0"}) == "passed");
    CHECK(run(ReadyTest::Open, {"/dev/nvidia0", "/dev/nvidia1"}) ==
          "passed" + probe + "open /dev/nvidia0 /dev/nvidia1");
    CHECK(run(ReadyTest::Nvml, {"/dev/nvidia0", "/dev/nvidia1"}) == "passed" + probe + "nvml 2");
    for (ReadyTest test : {ReadyTest::Bound, ReadyTest::Open, ReadyTest::Nvml})
        CHECK(run(test, {}) == "failed");
}
