// SPDX-License-Identifier: LGPL-2.1-or-later
// S2-08 S2-12 S2-15 S2-28
#include "input/audit.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>

#include "fakes/temporary_root.hpp"
#include "input/audit_texts.hpp"

using namespace gpuboot;
using namespace gpuboot::model;
using fakes::TemporaryRoot;

namespace {

const std::string kernel = "6.1.0-50-cloud-amd64";
const std::string lists = "/lib/modules/" + kernel;

/// "CLASS PATH" of each, in order.
std::vector<std::string> audit(const TemporaryRoot& tree) {
    std::vector<std::string> lines;
    for (const Finding& finding : input::read_audit(tree.root, "x86_64"))
        lines.push_back(std::string(to_text(finding.kind)) + " " + finding.path);
    return lines;
}
using Lines = std::vector<std::string>;

void set_mode(const TemporaryRoot& tree, const std::string& path, mode_t mode) {
    REQUIRE(::chmod(tree.outside(path).c_str(), mode) == 0);
}

} // namespace

TEST_CASE("an image with ten bakes, and nothing else of a driver, is clean") {
    const TemporaryRoot tree;
    for (int i = 0; i < 10; ++i) {
        const std::string bake = "/var/lib/gpuboot/bakes/535.261.03-open-k" + std::to_string(i);
        tree.write(bake + "/modules/nvidia.ko", "module");
        tree.write(bake + "/bin/nvidia-smi", "program");
        tree.write(bake + "/lib/libcuda.so.1", "library");
    }
    tree.write("/usr/lib/gpuboot/bakes/x/bin/nvidia-modprobe", "program");
    tree.write("/etc/ld.so.conf.d/gpuboot.conf", "/run/gpuboot/active/lib\n");
    tree.write("/usr/lib/udev/rules.d/70-gpuboot.rules", "DRIVER==\"nvidia\"\n");
    tree.write("/usr/lib/systemd/system/gpuboot-check.service", "");
    tree.write(lists + "/modules.dep", "kernel/drivers/gpu/drm/nouveau/nouveau.ko:\n");
    tree.write(lists + "/modules.alias", "alias pci:v000010DEd*sv*sd*bc03sc*i* nouveau\n");
    CHECK(audit(tree) == Lines{});
}

TEST_CASE("what gives rights is found on PATH and in a bake") {
    const TemporaryRoot tree;
    tree.write("/usr/bin/nvidia-modprobe", "x");
    tree.write("/usr/bin/nvidia-smi", "x");
    tree.write("/usr/bin/passwd", "x");
    tree.write("/var/lib/gpuboot/bakes/b/bin/helper", "x");
    set_mode(tree, "/usr/bin/nvidia-modprobe", 04755);
    set_mode(tree, "/usr/bin/passwd", 04755);
    set_mode(tree, "/var/lib/gpuboot/bakes/b/bin/helper", 02755);
    CHECK(audit(tree) == Lines{"setuid /usr/bin/nvidia-modprobe",
                               "setuid /var/lib/gpuboot/bakes/b/bin/helper",
                               "program /usr/bin/nvidia-modprobe", "program /usr/bin/nvidia-smi"});
    CHECK(input::read_audit(tree.root, "x86_64").front().detail == "mode 4755");
}

TEST_CASE("libraries count where the loader looks by itself") {
    const TemporaryRoot tree;
    tree.write("/usr/lib/x86_64-linux-gnu/libcuda.so.1", "");
    tree.write("/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.535.261.03", "");
    tree.write("/usr/lib/x86_64-linux-gnu/libcudart.so.12", ""); // CUDA's, not the driver's
    tree.write("/opt/libcuda.so.1", "");
    CHECK(audit(tree) == Lines{"library /usr/lib/x86_64-linux-gnu/libcuda.so.1",
                               "library /usr/lib/x86_64-linux-gnu/libnvidia-ml.so.535.261.03"});
}

TEST_CASE("modules count as files, and as what depmod's lists lead to") {
    const TemporaryRoot tree;
    tree.write(lists + "/updates/dkms/nvidia.ko.xz", "");
    tree.write(lists + "/modules.dep", "kernel/fs/ext4.ko:\nupdates/dkms/nvidia.ko.xz:\n");
    tree.write(lists + "/modules.alias", "alias pci:v000010DEd*sv*sd*bc03sc02i00* nvidia\n");
    tree.write(lists + "/kernel/drivers/i2c/i2c-nvidia-gpu.ko", ""); // the kernel's own
    CHECK(audit(tree) == Lines{"module " + lists + "/modules.alias",
                               "module " + lists + "/modules.dep",
                               "module " + lists + "/updates/dkms/nvidia.ko.xz"});
}

TEST_CASE("units and rules count where they are pulled in") {
    const TemporaryRoot tree;
    tree.write("/usr/lib/systemd/system/nvidia-persistenced.service", "");
    tree.write("/usr/lib/systemd/system/nvidia-powerd.service", "");
    tree.link("/etc/systemd/system/multi-user.target.wants/nvidia-persistenced.service",
              "/usr/lib/systemd/system/nvidia-persistenced.service");
    tree.write("/usr/lib/udev/rules.d/60-nvidia.rules", "# nvidia\nRUN+=\"/usr/bin/nvidia-smi\"\n");
    tree.write("/usr/lib/udev/rules.d/61-other.rules", "# not for nvidia\nRUN+=\"x\"\n");
    CHECK(audit(tree) ==
          Lines{"unit /etc/systemd/system/multi-user.target.wants/nvidia-persistenced.service",
                "udev /usr/lib/udev/rules.d/60-nvidia.rules"});
}

TEST_CASE("a registration, a spec and a setting count, with their owners") {
    const TemporaryRoot tree;
    tree.write("/var/lib/dkms/nvidia/570.86.15/source", "");
    tree.write("/etc/cdi/nvidia.yaml", "kind: nvidia.com/gpu\n");
    tree.write("/etc/cdi/other.yaml", "kind: vendor.com/net\n");
    tree.write("/etc/modprobe.d/nvidia.conf", "options nvidia NVreg_X=1\n");
    CHECK(audit(tree) == Lines{"cdi /etc/cdi/nvidia.yaml", "dkms /var/lib/dkms/nvidia/570.86.15",
                               "modprobe /etc/modprobe.d/nvidia.conf"});
    CHECK(input::read_audit(tree.root, "x86_64").front().owner == "unknown");
    tree.write("/var/lib/dpkg/status", "");
    tree.write("/var/lib/dpkg/info/nvidia-x.list", "/.\n/etc/modprobe.d/nvidia.conf\n");
    const auto found = input::read_audit(tree.root, "x86_64");
    REQUIRE(found.size() == 3);
    CHECK(found[0].owner == "nobody");
    CHECK(found[2].owner == "package nvidia-x");
}

TEST_CASE("a setting that keeps the driver away brings none") {
    for (const char* text :
         {"", "# options nvidia x=1\n", "blacklist nvidia\n", "install nvidia /bin/false\n",
          "options snd x=1\n", "nvme\n", "alias char-major-10-1 psaux\n"})
        CHECK_MESSAGE(input::live_setting(text) == "", text);
    for (const char* text :
         {"blacklist nouveau\n", "nvidia-uvm\n", "options nvidia x=1\n", "softdep nvidia post: x\n",
          "install nvidia /sbin/modprobe -i nvidia\n", "alias char-major-195* nvidia\n"})
        CHECK_MESSAGE(input::live_setting(text) != "", text);
}
