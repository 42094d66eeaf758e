// SPDX-License-Identifier: LGPL-2.1-or-later
#include "report/facts_record.hpp"

#include <doctest/doctest.h>

#include <filesystem>

#include "base/root.hpp"
#include "report/devices_record.hpp"
#include "unit/decide/machines.hpp"

using namespace gpuboot;
using namespace gpuboot::model;

namespace {

Facts read(const std::string& toml) {
    auto record = parse_toml(toml);
    REQUIRE_MESSAGE(record, record.error().what);
    auto facts = report::facts_of("facts.toml", *record);
    REQUIRE_MESSAGE(facts, facts.error().what);
    return *facts;
}

std::string flaw_of(const std::string& toml) {
    const auto facts = report::facts_of("facts.toml", *parse_toml(toml));
    return facts ? "none" : facts.error().what;
}

/// Every field has a value that it does not have by itself.
Facts full() {
    Facts facts = tests::fitting_machine();
    facts.opted_out = "kernel command line: gpuboot=off";
    facts.offline = true;
    facts.pin_path = "/usr/share/gpuboot/versions.toml";
    facts.pin.flaw = "versions.toml:3: \"quoted\"\nand on";
    facts.pin.value->kind = Kind::Grid;
    facts.pin.value->accept_adopted = true;
    facts.pin.value->kernel = "6.1.0-47-cloud-amd64";
    facts.pin.value->userspace = {"folder", "/opt/userspace", std::string(64, 'e')};
    facts.policy.ready_test = ReadyTest::Nvml;
    facts.policy.ready_timeout_seconds = 77;
    facts.policy.modules = {"nvidia"};
    facts.policy.replace_loaded = ReplaceLoaded::Never;
    facts.policy.userspace = UserspaceRule::Ignore;
    facts.policy.critical_units = {"a.service"};
    facts.policy.deferred_units = {"b.service"};
    facts.policy.rebuild_allowed = false;
    facts.policy.rebuild_timeout_seconds = 99;
    facts.policy.bake_compression = Compression::Xz;
    facts.policy_flaw = "gpuboot.toml:1: x";
    facts.admission =
        Admission{"kernel.modules_disabled=1",
                  true,
                  Lockdown::Confidentiality,
                  false,
                  {"nouveau", "nvidia"},
                  {{{"Debian Secure Boot CA", "6cce", "", ""}, {"b", "", "c", "0d"}}}};
    facts.gpus = {{"0000:01:00.0", "10de:20b0", "vfio-pci"}, {"0000:02:00.0", "10de:1234", ""}};
    facts.companions = {{{"libcuda.so.1", "/lib/libcuda.so.1", "535.247.01"}, {"a", "/b", ""}},
                        "nvidia/535.261.03/gsp_*.bin",
                        "/opt/firmware",
                        {"libcuda.so.1"}};
    facts.active_libraries = {"libnvidia-ml.so.1"};
    facts.loader_pending = true;
    facts.store_flaw = "Input/output error";
    facts.active = "b1";
    facts.loaded = LoadedDriver{"570.86.15", Kind::Proprietary, {"nvidia"}, "ABCDEF"};
    facts.active_srcversion = "FEDCBA";
    facts.active_kind = Kind::Grid;
    facts.running = {
        {{"nvidia", "going", "ABCDEF", 3, {"nvidia_uvm"}}, {"nvidia_uvm", "live", "", 0, {}}},
        {{812, "python3", "job.service", "nvidia_uvm"}},
        "2 processes could not be looked into",
        {{"nvidia", "/lib/modules/6.1/updates/nvidia.ko", "ABCDEF", "0123"}}};
    facts.foreign = {{ForeignKind::Dkms, "/var/lib/dkms/nvidia/1.0", "1.0", "registered", ""},
                     {ForeignKind::Marker, "/opt/marker", "", "", "kernel is blank"}};
    facts.refused = {{"b1", "nvidia", 8, "bad magic"}, {"b2", "nvidia_uvm", 22, ""}};
    facts.rebuilt = RebuildAttempt{"no space"};
    BakeFact& bake = facts.bakes.front();
    bake.unsafe = "mode 0777";
    bake.marker.value->modules[1].srcversion = "0123";
    bake.marker.value->userspace_sha256 = std::string(64, 'f');
    bake.marker.value->bundled = {{"lib/a.so.1", "a.so.1.2", 0, "", ""},
                                  {"lib/a.so.1.2", "", 9, std::string(64, 'a'), "a.so.1"}};
    bake.cold = {{"lib/a.so.1", true, "", "", "b.so", 0},
                 {"lib/a.so.1.2", false, "a directory", "mode 0666", "", 8}};
    bake.stamps = "51";
    facts.records.cold = {{"b1", "51", "lib/a.so.1.2", "aa", "bb"}, {"b2", "52", "", "", ""}};
    bake.files[0] = {"modules/nvidia.ko", false, "", "", 0, "", ""};
    bake.files[1].malformed = "no ELF file";
    bake.files[1].vermagic = bake.files[1].name = "";
    bake.files[1].depends = {};
    bake.files[2].srcversion = "4567";
    bake.files[2].symbols = {315,
                             {{"module_layout", "0x00000001", "0x00000002"}, {"x", "0x3", ""}}};
    facts.abi = {"/boot/symvers-6.1.gz", "Module.symvers: cut off", "6.1 SMP mod_unload "};
    bake.files[2].unsafe = "2 hard links";
    bake.files[1].signature = Signature{"A: B", "0f", "sha256", true, "3 bytes too few"};
    BakeFact newer;
    newer.id = "newer";
    newer.newer_format = 2;
    facts.bakes.push_back(newer);
    BakeFact other;
    other.id = "b2";
    other.marker.flaw = "marker.toml:1: x";
    facts.bakes.push_back(other);
    return facts;
}

} // namespace

TEST_CASE("every fact that is written is read back the same") {
    CHECK((read(to_toml(report::record_of(full()))) == full()));
    CHECK((read(to_toml(report::record_of(tests::fitting_machine()))) == tests::fitting_machine()));
}

TEST_CASE("a machine without anything too") {
    Facts facts;
    facts.host = {"6.1", "x86_64"};
    facts.pin_path = "/etc/gpuboot/versions.toml";
    CHECK((read(to_toml(report::record_of(facts))) == facts));
    facts.rebuilt = RebuildAttempt{};
    facts.admission = Admission{};
    CHECK((read(to_toml(report::record_of(facts))) == facts));
    facts.admission->keys.emplace();
    CHECK((read(to_toml(report::record_of(facts))) == facts));
}

TEST_CASE("every golden case is written and read back the same") {
    int cases = 0;
    for (const auto& entry :
         std::filesystem::directory_iterator(GPUBOOT_SOURCE_ROOT "/tests/golden")) {
        const auto folder = Root::open(entry.path());
        if (!folder || !folder->exists("/facts.toml")) continue;
        const Facts facts = read(*folder->read_text("/facts.toml", 1 << 20));
        CHECK_MESSAGE((read(to_toml(report::record_of(facts))) == facts), entry.path().string());
        ++cases;
    }
    CHECK(cases > 50);
}

TEST_CASE("what a short record leaves out is as this machine would want it") {
    const std::string host = "[host]\nkernel = \"6.1\"\narch = \"x86_64\"\n";
    const std::string pin = "[pin]\nversion = \"1.0\"\nkind = \"grid\"\n";
    const Facts facts = read(host + pin + "[[bake]]\nid = \"b1\"\nintact = true\n");
    CHECK(facts.pin_path == "/etc/gpuboot/versions.toml");
    CHECK((facts.policy == Policy{}));
    const BakeFact& bake = facts.bakes.front();
    REQUIRE(bake.marker.value);
    CHECK(bake.marker.value->id == "b1");
    CHECK(bake.marker.value->kernel == "6.1");
    CHECK(bake.marker.value->driver_version == "1.0");
    CHECK((bake.marker.value->kind == Kind::Grid));
    REQUIRE(bake.files.size() == 3);
    CHECK(bake.files[1].path == "modules/nvidia-uvm.ko");
    CHECK(bake.files[1].sha256 == bake.marker.value->modules[1].sha256);
    CHECK(bake.marker.value->modules[1].name == "nvidia_uvm");
    CHECK(bake.marker.value->modules[1].depends == std::vector<std::string>{"nvidia"});
}

TEST_CASE("without `intact` a bake has the files that are listed") {
    const Facts facts = read("[host]\nkernel = \"6.1\"\narch = \"x\"\n[[bake]]\nid = \"b1\"\n"
                             "[bake.marker]\n[[bake.file]]\npath = \"modules/nvidia.ko\"\n"
                             "size = 5\n");
    REQUIRE(facts.bakes.front().files.size() == 1);
    CHECK(facts.bakes.front().files[0].size == 5);
    CHECK(facts.bakes.front().files[0].sha256 == ""); // ruled out by its size
}

TEST_CASE("a wrong type and an unknown key are refused with file and line") {
    const std::string host = "[host]\nkernel = \"6.1\"\narch = \"x\"\n";
    CHECK(flaw_of("") == "facts.toml:1: host: wanted a table [host], found nothing");
    CHECK(flaw_of(host + "nmae = 1\n") == "facts.toml:4: host.nmae: unknown key");
    CHECK(flaw_of("gpus = 1\n" + host) == "facts.toml:1: gpus: unknown key");
    CHECK(flaw_of("gpu = 1\n" + host) ==
          "facts.toml:1: gpu: wanted an array of tables, found the number 1");
    CHECK(flaw_of(host + "[[gpu]]\npci_id = \"x\"\n").contains("gpu[0].address: wanted a string"));
    CHECK(flaw_of(host + "[[bake]]\nid = \"b\"\n[bake.marker]\nkind = \"x\"\n")
              .contains(":7: bake[0].marker.kind: wanted \"open\""));
    CHECK(flaw_of(host + "[policy]\nready_test = \"x\"\n").contains(":5: policy.ready_test"));
    CHECK(flaw_of(host + "[[refused]]\nbake = \"b\"\nmodule = \"m\"\nerrno = \"EIO\"\n")
              .contains(":7: refused[0].errno"));
}

TEST_CASE("the devices' facts are read back the same") {
    DeviceFacts facts;
    facts.frontend_major = 195;
    facts.uvm_major = 511;
    facts.modeset = true;
    facts.modify = false;
    facts.mode = 0660;
    facts.uid = 1;
    facts.gid = 44;
    facts.gpus = {{"0000:01:00.0", "10de:20b0", "nvidia"}, {"0000:02:00.0", "10de:20b0", ""}};
    facts.served = {{"0000:01:00.0", 3}};
    facts.nodes = {{"/dev/nvidiactl", true, true, 195, 255, 0666, 0, 0, "../nvidiactl"},
                   {"/dev/nvidia0", true, true, 195, 0, 0600, 7, 8, ""},
                   {"/dev/nvidia-uvm", true, false, 0, 0, 0755, 0, 0, ""},
                   {"/dev/nvidia-modeset", false, false, 0, 0, 0, 0, 0, ""}};
    facts.services = {
        "535.261.03", {6, 2, true, true, "535.261.03"}, true, {{"a.service", "masked"}}};
    facts.runtimes = {{"containerd", "1.7.24", "", {}, "", {}, {{"/etc/a", "x = 1\n"}}},
                      {"docker",
                       "",
                       "",
                       false,
                       "/etc/b",
                       std::vector<std::string>{"/srv"},
                       {},
                       {{"/etc/c", "y"}},
                       true},
                      {"crio", "", "", {}, "", std::vector<std::string>{}, {}},
                      {"crio", "", "/etc/c:1: broken", {}, "", {}, {}}};
    const auto record = parse_toml(to_toml(report::record_of(facts)));
    REQUIRE(record);
    const auto back = report::devices_of("devices.toml", *record);
    REQUIRE_MESSAGE(back, back.error().what);
    CHECK((*back == facts));
    CHECK((report::devices_of("devices.toml", Node(Table{})).value() == DeviceFacts{}));
}

TEST_CASE("a mode is octal digits") {
    const auto flaw = [](const char* toml) {
        return report::devices_of("devices.toml", *parse_toml(toml)).error().what;
    };
    CHECK(flaw("mode = \"0888\"\n").contains("devices.toml:1: mode: wanted octal digits"));
    CHECK(flaw("mode = \"rw\"\n").contains("mode: wanted octal"));
    CHECK(flaw("mode = 438\n").contains("mode: wanted a string"));
    CHECK(flaw("major = 195\n").contains("major: unknown key"));
}
