// SPDX-License-Identifier: LGPL-2.1-or-later
// What the kernel and the driver say of themselves, in their own words (drivers 535 to 580).
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "fakes/temporary_root.hpp"
#include "input/devices.hpp"
#include "input/kernel_log.hpp"
#include "input/loaded_driver.hpp"

using namespace gpuboot;
using namespace gpuboot::input;
using fakes::TemporaryRoot;

namespace {

constexpr const char* devices = R"(Character devices:
  1 mem
  5 /dev/tty
195 nvidia
235 nvidia-caps
236 nvidia-nvswitch
511 nvidia-uvm

Block devices:
  7 loop
254 nvidia-modeset
259 blkext
)";

constexpr const char* params = R"(ResmanDebugLevel: 4294967295
RmLogonRC: 1
ModifyDeviceFiles: 1
DeviceFileUID: 0
DeviceFileGID: 44
DeviceFileMode: 432
InitializeSystemMemoryAllocations: 1
EnableMSI: 1
RegistryDwords: ""
ExcludedGpus: ""
)";

constexpr const char* information = "Model: \t\t NVIDIA A100-SXM4-40GB\n"
                                    "IRQ:   \t\t 33\n"
                                    "GPU UUID: \t GPU-5a1c2d3e\n"
                                    "Video BIOS: \t 92.00.45.00.03\n"
                                    "Bus Type: \t PCIe\n"
                                    "Bus Location: \t 0000:01:00.0\n"
                                    "Device Minor: \t 3\n"
                                    "GPU Excluded:\t No\n";

constexpr const char* open_line =
    "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  535.261.03  Release Build  "
    "(root@host)  Fri Nov 20 12:00:00 UTC 2026\n"
    "GCC version:  gcc version 12.2.0 (Debian 12.2.0-14+deb12u1) \n";
constexpr const char* proprietary_line =
    "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.90.07  Fri May 31 09:35:42 UTC 2024\n"
    "GCC version:  gcc version 13.2.0 (Ubuntu 13.2.0-4ubuntu3) \n";

} // namespace

TEST_CASE("majors are found by the exact name, among character devices alone") { // F-91
    CHECK(major_of(devices, "nvidia") == 195U);
    CHECK(major_of(devices, "nvidia-uvm") == 511U);
    CHECK(major_of(devices, "nvidia-frontend") == std::nullopt);
    CHECK(major_of(devices, "nvidia-modeset") == std::nullopt); // a block device of that name
    CHECK(major_of(devices, "loop") == std::nullopt);
    CHECK(major_of(devices, "nvid") == std::nullopt);
    CHECK(major_of(devices, "uvm") == std::nullopt);
    CHECK(major_of("Character devices:\n195 nvidia-frontend\n", "nvidia-frontend") == 195U);
    CHECK(major_of("Character devices:\n195 nvidia", "nvidia") == 195U);
}

TEST_CASE("text that is no /proc/devices yields no major") { // F-59
    for (std::string_view text :
         {"", "\n\n", "195 nvidia\n", "Character devices:\nx nvidia\n",
          "Character devices:\n99999999999999 nvidia\n", "Character devices:\n-1 nvidia\n"})
        CHECK(major_of(text, "nvidia") == std::nullopt);
}

TEST_CASE("values of the driver's parameters and of a GPU") {
    CHECK(value_of(params, "ModifyDeviceFiles") == "1");
    CHECK(value_of(params, "DeviceFileMode") == "432");
    CHECK(value_of(params, "DeviceFile") == "");
    CHECK(value_of(params, "RegistryDwords") == "\"\"");
    CHECK(value_of(information, "Device Minor") == "3");
    CHECK(value_of(information, "GPU Excluded") == "No");
    CHECK(value_of(information, "Minor") == "");
    CHECK(value_of("", "x") == "");
}

TEST_CASE("the nodes' facts come from the driver and from /dev") {
    REQUIRE_MESSAGE(::geteuid() == 0, "this test makes device nodes: run it as root");
    const TemporaryRoot tree;
    tree.write("/proc/devices", devices);
    tree.write("/proc/driver/nvidia/params", params);
    tree.write("/proc/driver/nvidia/gpus/0000:01:00.0/information", information);
    tree.write("/proc/driver/nvidia/gpus/0000:02:00.0/other", ""); // unplugged while we read: F-59
    tree.write("/sys/module/nvidia_modeset/refcnt", "0\n");
    tree.write("/dev/nvidia-uvm", "a file, where the node belongs");
    tree.link("/dev/nvidia-uvm-tools", "/etc/shadow");
    REQUIRE(::mknod(tree.outside("/dev/nvidiactl").c_str(), S_IFCHR | 0600, makedev(195, 255)) ==
            0);
    REQUIRE(::chmod(tree.outside("/dev/nvidiactl").c_str(), 0660) == 0);
    REQUIRE(::chown(tree.outside("/dev/nvidiactl").c_str(), 0, 44) == 0);
    tree.link("/dev/char/195:255", "../nvidiactl");

    const auto facts = read_devices(tree.root);
    REQUIRE_MESSAGE(facts, facts.error().what);
    CHECK(facts->frontend_major == 195U);
    CHECK(facts->uvm_major == 511U);
    CHECK(facts->modeset);
    CHECK(facts->modify);
    CHECK(facts->mode == 0660);
    CHECK(facts->gid == 44);
    REQUIRE(facts->served.size() == 1);
    CHECK((facts->served.front() == model::ServedGpu{"0000:01:00.0", 3, "GPU-5a1c2d3e"}));
    REQUIRE(facts->nodes.size() == 5);
    const model::NodeFact control{"/dev/nvidiactl", true, true, 195, 255, 0660, 0, 44,
                                  "../nvidiactl"};
    CHECK((facts->nodes[0] == control));
    CHECK_FALSE(facts->nodes[1].present); // modeset
    CHECK((facts->nodes[2].present && !facts->nodes[2].character));
    CHECK((facts->nodes[3].present && !facts->nodes[3].character)); // the link is not followed
    CHECK(facts->nodes[4].path == "/dev/nvidia3");
}

TEST_CASE("without a driver every number is absent and the defaults are the driver's") { // F-59
    const TemporaryRoot tree;
    tree.write("/proc/devices", "Character devices:\n  1 mem\n\nBlock devices:\n  7 loop\n");
    const auto facts = read_devices(tree.root);
    REQUIRE(facts);
    CHECK(facts->frontend_major == std::nullopt);
    CHECK(facts->uvm_major == std::nullopt);
    CHECK_FALSE(facts->modeset);
    CHECK(facts->mode == 0666);
    CHECK(facts->served.empty());
}

TEST_CASE("before 545 the major has another name") {
    const TemporaryRoot tree;
    tree.write("/proc/devices", "Character devices:\n195 nvidia-frontend\n");
    CHECK(read_devices(tree.root)->frontend_major == 195U);
}

TEST_CASE("the driver's own line tells version and kind") {
    CHECK(version_of_version_line(open_line) == "535.261.03");
    CHECK((kind_of_version_line(open_line) == model::Kind::Open));
    CHECK(version_of_version_line(proprietary_line) == "550.90.07");
    CHECK((kind_of_version_line(proprietary_line) == model::Kind::Proprietary));
    CHECK(version_of_version_line("") == "");
    CHECK(version_of_version_line("NVRM version: unknown") == "");
}

TEST_CASE("the loaded driver is what is live, not what is coming or going") { // F-59 F-80
    const TemporaryRoot tree;
    tree.write("/proc/modules",
               "nvidia_uvm 1540096 0 - Live 0x0000000000000000 (OE)\n"
               "nvidia_modeset 1310720 0 - Loading 0x0000000000000000 (OE+)\n"
               "nvidia_drm 77824 0 - Unloading 0x0000000000000000 (OE-)\n"
               "nvidia 56868864 2 nvidia_uvm,nvidia_modeset, Live 0x0000000000000000 (OE)\n"
               "nvidiafb 61440 0 - Live 0x0000000000000000\n"
               "i2c_nvidia_gpu 16384 0 - Live 0x0000000000000000\n");
    tree.write("/proc/driver/nvidia/version", open_line);
    tree.write("/sys/module/nvidia/version", "535.261.03\n");
    tree.write("/sys/module/nvidia/srcversion", "8E7C6A5F4D3B2A190F8E7D6\n");
    const auto driver = read_loaded_driver(tree.root);
    REQUIRE(driver);
    CHECK(driver->version == "535.261.03");
    CHECK((driver->kind == model::Kind::Open));
    CHECK(driver->modules == std::vector<std::string>{"nvidia", "nvidia_uvm", "nvidiafb"});
    CHECK(driver->srcversion == "8E7C6A5F4D3B2A190F8E7D6");
}

TEST_CASE("no driver is loaded") {
    const TemporaryRoot tree;
    CHECK_FALSE(read_loaded_driver(tree.root));
    tree.write("/proc/modules", "nvidia_uvm 1 0 - Live 0x0\nnvidia 1 0 - Loading 0x0\n");
    CHECK_FALSE(read_loaded_driver(tree.root));
    tree.write("/proc/modules", "nvidiafb 61440 0 - Live 0x0000000000000000\n");
    CHECK_FALSE(read_loaded_driver(tree.root));
}

TEST_CASE("a version that /proc does not tell is read from the module") {
    const TemporaryRoot tree;
    tree.write("/proc/modules", "nvidia 1 0 - Live 0x0\n");
    tree.write("/sys/module/nvidia/version", "570.86.15\n");
    CHECK(read_loaded_driver(tree.root)->version == "570.86.15");
}

TEST_CASE("a record of the kernel's log without its prefix") {
    CHECK(text_of_record("6,1234,5678,-;NVRM: loading NVIDIA\n SUBSYSTEM=pci\n") ==
          "NVRM: loading NVIDIA");
    CHECK(text_of_record("4,1,2,-;a;b\n") == "a;b");
    CHECK(text_of_record("no record") == "");
    CHECK(text_of_record("") == "");
}

TEST_CASE("of the kernel's lines the one that says why") { // F-46
    const auto telling = [](std::initializer_list<const char*> lines) {
        Complaint complaint;
        for (const char* line : lines)
            complaint.add(line);
        return complaint.text();
    };
    CHECK(telling({}) == "");
    CHECK(telling({"eth0: link up"}) == "");
    CHECK(telling({"nvidia: loading out-of-tree module taints kernel.",
                   "nvidia: module verification failed: signature and/or required key missing - "
                   "tainting kernel"}) == "");
    CHECK(telling({"Loading of unsigned module is rejected"}) ==
          "Loading of unsigned module is rejected");
    CHECK(telling({"nvidia: x", "Lockdown: gpuboot-phase: unsigned module loading is restricted"})
              .starts_with("Lockdown: "));
    CHECK(telling({"nvidia: disagrees about version of symbol a",
                   "nvidia: Unknown symbol a (err -22)"}) ==
          "nvidia: disagrees about version of symbol a");
    CHECK(telling({"nvidia: x", "nvidia: Unknown symbol a (err -2)"}) ==
          "nvidia: Unknown symbol a (err -2)");
    CHECK(telling({"NVRM: loading NVIDIA UNIX", "NVRM: No NVIDIA GPU found.", "NVRM: second",
                   "nvidia: z"}) == "NVRM: No NVIDIA GPU found.");
    CHECK(telling({"NVRM: clFindFHBAndGetChipsetInfoIndex_IMPL: FHB not found",
                   "NVRM: RmInitAdapter: Cannot initialize GSP firmware RM",
                   "NVRM: GPU 0010:00:00.0: RmInitAdapter failed! (0x62:0x25:1679)"}) ==
          "NVRM: RmInitAdapter: Cannot initialize GSP firmware RM");
}
