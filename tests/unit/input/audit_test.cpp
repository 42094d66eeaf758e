// SPDX-License-Identifier: LGPL-2.1-or-later
// What lies on disk: programs, libraries, modules, images. input/audit_configuration_test.cpp has
// what is configured.
#include "input/audit.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "fakes/initramfs.hpp"
#include "fakes/loader_cache.hpp"
#include "fakes/temporary_root.hpp"
#include "input/audit_parts.hpp"

using namespace gpuboot;
using fakes::TemporaryRoot;

namespace {

const std::string kernel = "6.1.0-50-cloud-amd64";
const std::string modules = "/lib/modules/" + kernel;
const std::string libraries = "/usr/lib/x86_64-linux-gnu";

/// "CLASS PATH (OWNER: DETAIL)", one a line.
std::string told(const input::Findings& findings) {
    std::string text;
    for (const model::Finding& finding : findings)
        text += std::string(to_text(finding.kind)) + " " + finding.path + " (" + finding.owner +
                ": " + finding.detail + ")\n";
    return text;
}

std::string audit(const TemporaryRoot& tree) {
    const auto findings = input::read_audit(tree.root);
    return findings ? told(*findings) : "error: " + findings.error().what;
}

void write(const TemporaryRoot& tree, const std::string& path, mode_t mode) {
    tree.write(path, "content");
    REQUIRE(::chmod(tree.outside(path).c_str(), mode) == 0);
}

void own(const TemporaryRoot& tree, const std::string& package, const std::string& paths) {
    tree.write("/var/lib/dpkg/info/" + package + ".list", "/.\n" + paths);
}

} // namespace

TEST_CASE("setuid is told of the driver's programs and of anything in a store") { // S2-15
    const TemporaryRoot tree;
    own(tree, "sudo", "/usr/bin/sudo\n");
    write(tree, "/usr/bin/sudo", 04755); // not the driver's
    write(tree, "/var/lib/gpuboot/bakes/b1/bin/nvidia-modprobe", 0755);
    write(tree, "/opt/nvidia-modprobe", 04755); // nobody's PATH
    CHECK(audit(tree) == "");
    write(tree, "/usr/bin/nvidia-modprobe", 04755);
    write(tree, "/usr/local/sbin/nvidia_helper", 02644); // no program while nobody may run it
    write(tree, "/var/lib/gpuboot/build/x/y/tool", 02755);
    write(tree, "/usr/lib/gpuboot/bakes/b1/bin/any", 04700);
    CHECK(audit(tree) == "program /usr/bin/nvidia-modprobe (nobody: on PATH)\n"
                         "setuid /usr/bin/nvidia-modprobe (nobody: mode 4755, of user 0 and group "
                         "0)\n"
                         "setuid /usr/lib/gpuboot/bakes/b1/bin/any (gpuboot: mode 4700, of user 0 "
                         "and group 0)\n"
                         "setuid /usr/local/sbin/nvidia_helper (nobody: mode 2644, of user 0 and "
                         "group 0)\n"
                         "setuid /var/lib/gpuboot/build/x/y/tool (gpuboot: mode 2755, of user 0 "
                         "and group 0)\n");
}

TEST_CASE("programs on PATH are told once, with the package that owns them") { // S2-08
    const TemporaryRoot tree;
    write(tree, "/usr/bin/gpubootctl", 0755);
    write(tree, "/usr/bin/nvidia-readme", 0644);
    tree.write("/usr/bin/nvidia-smi.d/x", "");
    tree.link("/usr/bin/nvidia-debugdump", "/run/gpuboot/active/bin/nvidia-debugdump");
    tree.link("/usr/bin/nvidia-loop", "nvidia-loop");
    tree.link("/usr/bin/nvidia-settings", "../../../../../../../bin/sh"); // stays in the root
    tree.link("/bin", "usr/bin");
    CHECK(audit(tree) == "");
    own(tree, "nvidia-smi", "/bin/nvidia-smi\n"); // one name of a merged /usr
    write(tree, "/usr/bin/nvidia-smi", 0755);
    write(tree, "/opt/manager", 0755);
    tree.link("/sbin/nv-fabricmanager", "/opt/manager");
    CHECK(audit(tree) == "program /sbin/nv-fabricmanager (nobody: on PATH; leads to /opt/manager)\n"
                         "program /usr/bin/nvidia-smi (package nvidia-smi: on PATH)\n");
}

TEST_CASE("whose a file is stays unknown where no list of packages can be read") { // S2-28
    const TemporaryRoot tree;
    write(tree, "/usr/bin/nvidia-smi", 0755);
    write(tree, "/var/lib/gpuboot/x", 04755);
    const std::string found = "program /usr/bin/nvidia-smi (unknown: on PATH)\n"
                              "setuid /var/lib/gpuboot/x (gpuboot: mode 4755, of user 0 and group "
                              "0)\n";
    CHECK(audit(tree) == found);
    tree.write("/var/lib/dpkg/info/x.list", "cut");
    CHECK(audit(tree) == found);
}

TEST_CASE("a library counts where the loader finds it, and not where its path ends") { // S2-08
    const TemporaryRoot tree;
    const std::string active = "/run/gpuboot/active/lib/libcuda.so.1";
    own(tree, "libcuda1", libraries + "/libcuda.so.1\n");
    tree.write("/etc/ld.so.cache",
               fakes::loader_cache({{0x0303, "libcuda.so.1", libraries + "/libcuda.so.1"},
                                    {0x0003, "libnvidia-ml.so.1", "/opt/lib32/libnvidia-ml.so.1"},
                                    {0x0303, "libcuda.so.1", active},
                                    {0x0303, "libc.so.6", libraries + "/libc.so.6"}}));
    tree.write("/var/lib/gpuboot/bakes/b1/lib/libcuda.so.1", "");
    tree.write(libraries + "/libc.so.6", "");
    tree.write(libraries + "/stubs/libcuda.so", ""); // no folder of the loader's
    tree.write("/usr/local/cuda/lib64/libcudart.so.12", "");
    tree.link(libraries + "/libnvidia-ml.so.1", "/run/gpuboot/active/lib/libnvidia-ml.so.1");
    CHECK(audit(tree) == "");

    tree.write("/opt/lib32/libnvidia-ml.so.1", "");
    tree.write("/lib/libcuda.so.1.1", "");
    tree.link(libraries + "/libcuda.so.1", "/lib/libcuda.so.1.1");
    const std::string found =
        "library /lib/libcuda.so.1.1 (nobody: in a folder of the loader's own)\n"
        "library /opt/lib32/libnvidia-ml.so.1 (nobody: in the loader's cache)\n";
    const std::string packaged = "library " + libraries +
                                 "/libcuda.so.1 (package libcuda1: in the "
                                 "loader's cache; leads to "
                                 "/lib/libcuda.so.1.1)\n";
    CHECK(audit(tree) == found + packaged);

    // In an image nobody has activated anything, so such a link is a leftover as well.
    tree.link("/run/gpuboot/active", "/var/lib/gpuboot/bakes/b1");
    CHECK(audit(tree) ==
          found + "library " + active + " (nobody: in the loader's cache)\n" + packaged);
    input::Findings running;
    REQUIRE(input::audit_libraries(tree.root, true, running));
    CHECK(running.size() == 3);
    CHECK(!told(running).contains(active));
}

TEST_CASE("a library of a merged /usr is told once, whichever of its names the cache has") {
    const TemporaryRoot tree;
    const std::string library = "/lib/x86_64-linux-gnu/libcuda.so.1";
    own(tree, "libcuda1", "/usr" + library + "\n");
    tree.link("/lib", "usr/lib");
    tree.write("/usr" + library, "");
    tree.write("/etc/ld.so.cache", fakes::loader_cache({{0x0303, "libcuda.so.1", library}}));
    CHECK(audit(tree) == "library " + library + " (package libcuda1: in the loader's cache)\n");
}

TEST_CASE("libraries that ldconfig has not been told of yet are found by its configuration") {
    const TemporaryRoot tree;
    own(tree, "x", "");
    tree.write("/etc/ld.so.conf.d/gpuboot.conf", "/run/gpuboot/active/lib\n");
    tree.write("/etc/ld.so.conf.d/nvidia-old.conf", "/nowhere\n");
    CHECK(audit(tree) == "");
    tree.write("/etc/ld.so.conf.d/nvidia.conf", "/usr/bin/lib64\n");
    tree.write("/usr/bin/lib64/libcuda.so.570.86.15", "");
    CHECK(audit(tree) == "library /etc/ld.so.conf.d/nvidia.conf (nobody: leads ldconfig to "
                         "libraries in /usr/bin/lib64)\n");
}

TEST_CASE("modules of every kernel are found wherever they lie, and what depmod says of them") {
    const TemporaryRoot tree;
    own(tree, "nvidia-kernel", modules + "/kernel/a/b/c/d/nvidia-uvm.ko.zst\n");
    tree.write(modules + "/kernel/drivers/video/fbdev/nvidiafb.ko", "");
    tree.write(modules + "/kernel/drivers/platform/x86/nvidia-wmi-ec-backlight.ko.xz", "");
    tree.write(modules + "/kernel/drivers/gpu/nouveau.ko", "");
    tree.write(modules + "/updates/nvidia.ko.old", "");
    tree.link(modules + "/updates/nvidia.ko", "/run/gpuboot/active/modules/nvidia.ko");
    tree.write(modules + "/modules.dep",
               "kernel/drivers/video/fbdev/nvidiafb.ko: kernel/drivers/video/vgastate.ko\n");
    tree.write(modules + "/modules.alias",
               "# nvidia\nalias pci:v000010DEd*sv*sd*bc03sc*i* nouveau\n"
               "alias wmi:603E9613-EF25-4338-A3D0-C46177516DB7 nvidia_wmi_ec_backlight\n"
               "alias pci:v000010DEd00000020sv*sd*bc*sc*i* nvidiafb\n");
    CHECK(audit(tree) == "");

    tree.write(modules + "/kernel/a/b/c/d/nvidia-uvm.ko.zst", "");
    tree.write("/lib/modules/5.10.0-1/extra/nvidia.ko", "");
    tree.write("/lib/modules/5.10.0-1/modules.dep",
               "extra/nvidia.ko:\nextra/nvidia-drm.ko.xz: extra/nvidia.ko\n");
    tree.write("/lib/modules/5.10.0-1/modules.alias",
               "alias pci:v000010DEd*sv*sd*bc03sc00i00* nvidia\n"
               "alias pci:v000010DEd*sv*sd*bc03sc02i00* nvidia\n");
    const std::string old = "module /lib/modules/5.10.0-1";
    CHECK(audit(tree) ==
          old + "/extra/nvidia.ko (nobody: kernel 5.10.0-1)\n" + old +
              "/modules.alias (nobody: has NVIDIA's GPUs load nvidia; kernel 5.10.0-1)\n" + old +
              "/modules.dep (nobody: lists extra/nvidia-drm.ko.xz and 1 more; kernel 5.10.0-1)\n" +
              "module " + modules + "/kernel/a/b/c/d/nvidia-uvm.ko.zst (package nvidia-kernel: " +
              "kernel " + kernel + ")\n");
}

TEST_CASE("an initramfs counts when it holds the driver, or cannot be looked into") { // S2-28
    const TemporaryRoot tree;
    own(tree, "x", "");
    tree.write("/boot/initrd.img-" + kernel, fakes::cpio({"init", "etc/modprobe.d/nvidia.conf"}));
    tree.write("/boot/vmlinuz", fakes::cpio({"nvidia.ko"}));
    tree.write("/boot/initrd.d/nvidia.ko", "");
    CHECK(audit(tree) == "");
    tree.write("/boot/initrd.img-5.10.0-1", fakes::cpio({"lib/nvidia.ko", "lib/nvidia-uvm.ko"}));
    tree.link("/boot/initrd.img", "initrd.img-5.10.0-1"); // the same again
    tree.write("/images/x", fakes::cpio({"nvidia.ko"}));
    tree.link("/boot/initrd-x", "../images/x");
    tree.write("/boot/initramfs-linux.img", "\x02\x21\x4c\x18 lz4");
    CHECK(audit(tree) ==
          "initramfs /boot/initramfs-linux.img (nobody: cannot be looked into: neither cpio nor "
          "gzip, xz or zstd from byte 0 on)\n"
          "initramfs /boot/initrd-x (nobody: 1 module inside, among them nvidia.ko)\n"
          "initramfs /boot/initrd.img-5.10.0-1 (nobody: 2 modules inside, among them "
          "lib/nvidia.ko)\n");
}

TEST_CASE("a DKMS registration is a leftover") { // S2-28
    const TemporaryRoot tree;
    own(tree, "x", "");
    tree.write("/var/lib/dkms/zfs/2.1/source/x", "");
    tree.write("/usr/src/nvidia-570.86.15/dkms.conf", ""); // source that is not registered
    CHECK(audit(tree) == "");
    tree.link("/var/lib/dkms/nvidia/570.86.15/source", "/usr/src/nvidia-570.86.15");
    tree.link("/var/lib/dkms/nvidia/kernel-" + kernel, "570.86.15/" + kernel);
    tree.write("/var/lib/dkms/nvidia-peermem/1.3-0/build/x", "");
    CHECK(audit(tree) ==
          "dkms /var/lib/dkms/nvidia-peermem/1.3-0 (nobody: of no version of a driver)\n"
          "dkms /var/lib/dkms/nvidia/570.86.15 (nobody: registered with DKMS)\n");
}

TEST_CASE("device nodes and the links that lead to one are told of a running system") { // S2-08
    const TemporaryRoot tree;
    const auto node = [&](const std::string& path, unsigned minor) {
        REQUIRE(::mknod(tree.outside(path).c_str(), S_IFCHR | 0666, makedev(195, minor)) == 0);
    };
    tree.write("/dev/nvidia-note", "no device");
    tree.write("/dev/nvidia-caps/note", "");
    tree.link("/dev/char/195:7", "../nvidia7"); // leads nowhere
    tree.link("/dev/char/1:3", "../null");
    node("/dev/null", 9);
    input::Findings found;
    REQUIRE(input::audit_nodes(tree.root, found));
    CHECK(told(found) == "");
    node("/dev/nvidia0", 0);
    node("/dev/nvidia-caps/nvidia-cap1", 1);
    tree.link("/dev/char/195:0", "../nvidia0");
    REQUIRE(input::audit_nodes(tree.root, found));
    CHECK(told(found) == "node /dev/nvidia-caps/nvidia-cap1 (: device node)\n"
                         "node /dev/nvidia0 (: device node)\n"
                         "node /dev/char/195:0 (: leads to ../nvidia0)\n");
    CHECK(audit(tree) == ""); // an image's /dev is not the one that its machine will have
}

TEST_CASE("ten bakes in the store leave a tree clean") { // S2-08
    const TemporaryRoot tree;
    own(tree, "gpuboot", "/etc/ld.so.conf.d/gpuboot.conf\n");
    std::vector<fakes::CacheEntry> cached;
    for (int i = 0; i < 10; ++i) {
        const std::string store = i < 8 ? "/var/lib/gpuboot/bakes/" : "/usr/lib/gpuboot/bakes/";
        const std::string bake = store + "535.261.0" + std::to_string(i) + "-open-" + kernel;
        for (const char* module : {"nvidia", "nvidia-uvm", "nvidia-modeset", "nvidia-drm"})
            tree.write(bake + "/modules/" + module + ".ko", "");
        tree.write(bake + "/lib/libcuda.so.1", "");
        tree.write(bake + "/lib/libnvidia-ml.so.1", "");
        write(tree, bake + "/bin/nvidia-smi", 0755);
        tree.write(bake + "/firmware/nvidia/535.261.03/gsp_ga10x.bin", "");
        tree.write(bake + "/marker.toml", "");
    }
    for (const char* library : {"libcuda.so.1", "libnvidia-ml.so.1"})
        cached.push_back({0x0303, library, std::string("/run/gpuboot/active/lib/") + library});
    tree.write("/etc/ld.so.cache", fakes::loader_cache(cached));
    tree.write("/etc/ld.so.conf.d/gpuboot.conf", "/run/gpuboot/active/lib\n");
    tree.write(modules + "/modules.dep", "kernel/fs/ext4.ko:\n");
    tree.write("/boot/initrd.img-" + kernel, fakes::cpio({"init"}));
    CHECK(audit(tree) == "");
}

TEST_CASE("where something cannot be looked at, nothing is called clean") { // S2-28
    const TemporaryRoot tree;
    SUBCASE("a loader cache that is none") {
        tree.write("/etc/ld.so.cache", "ld.so-1.7.0");
        CHECK(audit(tree) == "error: /etc/ld.so.cache: no loader cache in glibc's new format");
    }
    SUBCASE("folders without an end") {
        std::string path = "/var/lib/gpuboot";
        for (int i = 0; i < 34; ++i)
            path += "/d";
        tree.write(path + "/x", "");
        CHECK(audit(tree) ==
              "error: /var/lib/gpuboot: too many files, or too deep, to look at all");
    }
    SUBCASE("a file larger than any rules") {
        tree.write("/etc/udev/rules.d/1.rules", std::string((1 << 20) + 1, '#'));
        CHECK(audit(tree).starts_with("error: /etc/udev/rules.d/1.rules: larger than"));
    }
}
