// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/guard.hpp"

#include <doctest/doctest.h>

#include "base/names.hpp"
#include "base/sealed.hpp"
#include "execute/guard_record.hpp"
#include "execute/system_effects.hpp"
#include "fakes/boot_menu.hpp"
#include "fakes/failing_effects.hpp"
#include "fakes/recording_effects.hpp"
#include "fakes/temporary_root.hpp"
#include "input/grub_environment.hpp"

using namespace gpuboot;
using namespace gpuboot::fakes;
using namespace gpuboot::model;
using Calls = std::vector<std::string>;

namespace {

constexpr const char* env = "/boot/grub/grubenv";
const std::string record_path(names::guard_record);

struct Fixture : TemporaryRoot {
    execute::SystemEffects real{root};
    RecordingEffects effects{real};
    bool on = true;
    std::vector<KernelState> states{{std::string(oldest), false, "bake-47"},
                                    {std::string(older), true, "bake-50"},
                                    {std::string(newest), false, ""}};

    Fixture() {
        write("/boot/grub/grub.cfg", grub_menu({newest, older, oldest}));
        write(env, grub_environment("timeout=5\n"));
        write("/var/lib/gpuboot/bakes/x", "");
        write("/run/gpuboot/x", "");
        states.back().reasons = {
            {ReasonCode::BuildFailedBefore, "bake-53", "a driver", "error: \x1b[31m"}};
    }

    Result<Guard> run() { return flow::guard_default({root, effects}, on, states); }
    Result<Guard> run_with(execute::Effects& others) {
        return flow::guard_default({root, others}, on, states);
    }
    std::string saved() const { return input::grub_variable(read(env), "saved_entry"); }
    std::optional<GuardRecord> record() const {
        return execute::read_guard_record(root).value_or(std::nullopt);
    }
};

} // namespace

TEST_CASE_FIXTURE(Fixture, "the record is on disk before the default, and tells that it was set") {
    REQUIRE(run());
    CHECK(saved() == entry_id(older));
    CHECK(read(env) == grub_environment("timeout=5\nsaved_entry=" + entry_id(older) + "\n"));
    REQUIRE(record());
    CHECK(record()->stage == GuardStage::Set);
    const Calls first(effects.calls.begin(), effects.calls.begin() + 5);
    CHECK(first == Calls{"ensure_directory /var/lib/gpuboot 0755", "replace_record " + record_path,
                         "replace_settings " + std::string(env),
                         "ensure_directory /var/lib/gpuboot 0755",
                         "replace_record " + record_path});
}

TEST_CASE_FIXTURE(Fixture, "who logs in is told while it holds, and not after it") {
    REQUIRE(run());
    const std::string text = read(std::string(names::motd));
    for (const std::string_view word : {newest, older})
        CHECK(text.contains(word));
    CHECK(text.contains("What to do"));
    CHECK(!text.contains('\x1b'));
    CHECK(flow::last_word_of_guard(root).contains("stays the one that boots"));
    states.back().bake = "bake-53";
    REQUIRE(run());
    CHECK(!root.exists(names::motd));
    CHECK(!record());
    CHECK(read(env) == grub_environment("timeout=5\n"));
}

TEST_CASE_FIXTURE(Fixture, "a second run changes nothing and says nothing new") {
    REQUIRE(run());
    effects.calls.clear();
    REQUIRE(run());
    CHECK(effects.count("replace_record") == 0);
    CHECK(effects.count("replace_settings") == 0);
    CHECK(effects.count("replace_file " + std::string(names::guard_word)) == 0);
}

TEST_CASE_FIXTURE(Fixture, "switched off it costs no look at a loader") {
    on = false;
    std::filesystem::remove_all(outside("/boot"));
    const auto guard = run();
    REQUIRE(guard);
    CHECK((*guard == Guard{}));
    CHECK(effects.count("replace") == 0);
}

TEST_CASE_FIXTURE(Fixture, "wherever it fails or is killed, the next run ends as it should") {
    // Setting, moving to another kernel, releasing; each with every change failing.
    for (const Failing failing : {Failing::Once, Failing::FromThen})
        for (std::size_t at = 1; at <= 14; ++at) {
            CAPTURE(at);
            Fixture machine;
            const auto broken = [&] {
                FailingEffects effects(machine.real, at, EIO, failing);
                (void)machine.run_with(effects);
                REQUIRE(machine.run());
            };
            broken();
            CHECK(machine.saved() == entry_id(older));
            CHECK(machine.record()->stage == GuardStage::Set);
            machine.states[1].bake = "";
            broken();
            CHECK(machine.saved() == entry_id(oldest));
            CHECK(machine.record()->before == "");
            machine.on = false;
            broken();
            CHECK(machine.read(env) == grub_environment("timeout=5\n"));
            CHECK(!machine.record());
            CHECK(!machine.root.exists(names::motd));
        }
}

TEST_CASE_FIXTURE(Fixture, "a default that cannot be written is told") { // F-25
    FailingEffects readonly(real, 3, EROFS, Failing::Once);
    CHECK(!run_with(readonly));
    CHECK(saved() == "");
    CHECK(!root.exists(names::motd));
    CHECK(flow::last_word_of_guard(root).contains("cannot be kept as the default: " +
                                                  std::string(env)));
}

TEST_CASE_FIXTURE(Fixture, "somebody's own default outlives the guard, its end and a removal") {
    REQUIRE(run());
    write(env, grub_environment("saved_entry=0\n"));
    REQUIRE(run());
    CHECK(saved() == "0");
    CHECK(!root.exists(names::motd));
    on = false;
    REQUIRE(run());
    CHECK(saved() == "0");
    CHECK(!record());
}

TEST_CASE_FIXTURE(Fixture, "a record that proves nothing is none, a newer one stops everything") {
    write(record_path, "set\n");
    REQUIRE(run());
    CHECK(record()->stage == GuardStage::Set);
    write(record_path, seal(R"({"format":2})"));
    CHECK(!run());
    write(record_path, seal(R"({"format":1,"stage":"set","file":"x"})"));
    CHECK(!run());
}

TEST_CASE_FIXTURE(Fixture, "policy that cannot be read changes nothing") {
    REQUIRE(run());
    write(std::string(names::local_policy), "schema = 1\n[kernels]\nguard = 1\n");
    CHECK(!flow::guard_kernels({root, effects}, flow::GuardWish::ByPolicy));
    CHECK(saved() == entry_id(older));
    REQUIRE(flow::guard_kernels({root, effects}, flow::GuardWish::Release));
    CHECK(saved() == "");
}

TEST_CASE("systemd-boot's default goes back to the pattern that it was") {
    Fixture machine;
    std::filesystem::remove_all(machine.outside("/boot"));
    const std::string conf = "/efi/loader/loader.conf", text = "timeout 3\ndefault ab-*\n#x\n";
    machine.write("/efi/EFI/systemd/systemd-bootx64.efi", "");
    machine.write(conf, text);
    for (const std::string_view kernel : {newest, older})
        machine.write("/efi/loader/entries/ab-" + std::string(kernel) + ".conf",
                      "version " + std::string(kernel) + "\n");
    REQUIRE(machine.run());
    CHECK(machine.read(conf) == "timeout 3\ndefault ab-" + std::string(older) + ".conf\n#x\n");
    machine.on = false;
    REQUIRE(machine.run());
    CHECK(machine.read(conf) == text);
}
