// SPDX-License-Identifier: LGPL-2.1-or-later
// What is configured: units, udev rules, modprobe's lines, CDI specs.
#include <doctest/doctest.h>

#include "fakes/temporary_root.hpp"
#include "input/audit.hpp"
#include "input/cdi.hpp"

using namespace gpuboot;
using fakes::TemporaryRoot;

namespace {

const std::string etc_units = "/etc/systemd/system/", usr_units = "/usr/lib/systemd/system/";

/// "CLASS PATH (OWNER: DETAIL)", one a line.
std::string audit(const TemporaryRoot& tree) {
    tree.write("/var/lib/dpkg/info/dcgm.list", "/usr/lib/systemd/system/dcgm.service\n"
                                               "/lib/udev/rules.d/60-nvidia.rules\n"
                                               "/etc/modprobe.d/nvidia.conf\n"
                                               "/etc/cdi/nvidia.yaml\n");
    const auto findings = input::read_audit(tree.root);
    if (!findings) return "error: " + findings.error().what;
    std::string text;
    for (const model::Finding& finding : *findings)
        text += std::string(to_text(finding.kind)) + " " + finding.path + " (" + finding.owner +
                ": " + finding.detail + ")\n";
    return text;
}

std::string modprobe(const std::string& lines) {
    const TemporaryRoot tree;
    tree.write("/etc/modprobe.d/nvidia.conf", lines);
    return audit(tree);
}

} // namespace

TEST_CASE("a unit counts when something pulls it in") { // S2-08
    const TemporaryRoot tree;
    const std::string wants = etc_units + "multi-user.target.wants/";
    tree.write(usr_units + "dcgm.service", "[Service]\n");
    tree.write(usr_units + "nvidia-persistenced.service", "[Service]\n");
    tree.write(usr_units + "nvidia-persistenced.service.d/x.conf", "[Service]\n");
    tree.write(usr_units + "ssh.service", "[Service]\n");
    tree.write(usr_units + "gpuboot-nvidia-dcgm.service", "[Service]\n");
    tree.write(usr_units + "nvidia-off.service", "[Service]\n");
    tree.link(etc_units + "nvidia-off.service", "/dev/null"); // masked
    tree.write(wants + "dcgm.service", "a file, which systemd ignores");
    tree.link(wants + "ssh.service", usr_units + "ssh.service");
    tree.link(wants + "nvidia-off.service", usr_units + "nvidia-off.service");
    tree.link(wants + "gpuboot-nvidia-dcgm.service", usr_units + "gpuboot-nvidia-dcgm.service");
    tree.link(wants + "nvidia-gone.service", usr_units + "nvidia-gone.service");
    tree.link(wants + "nvidia-persistenced.service", "/dev/null");
    CHECK(audit(tree) == "");

    tree.link("/lib/systemd", "/usr/lib/systemd"); // the same folder twice
    tree.link(etc_units + "graphical.target.wants/dcgm.service", usr_units + "dcgm.service");
    tree.link(usr_units + "a.service.requires/dcgm.service", "../dcgm.service");
    tree.write(etc_units + "nvidia-gpu@.service", "[Service]\n");
    tree.link(wants + "nvidia-gpu@0.service", etc_units + "nvidia-gpu@.service");
    CHECK(audit(tree) ==
          "unit /etc/systemd/system/nvidia-gpu@.service (nobody: wanted by multi-user.target)\n"
          "unit /usr/lib/systemd/system/dcgm.service (package dcgm: wanted by a.service, "
          "graphical.target)\n");
}

TEST_CASE("a rule counts that names nvidia in more than a comment") { // S2-08
    const TemporaryRoot tree;
    const std::string rule = "ACTION==\"add\", RUN+=\"/usr/bin/nvidia-smi\"\n";
    tree.write("/usr/lib/udev/rules.d/70-gpuboot.rules", rule);
    tree.write("/usr/lib/udev/rules.d/gpuboot-nvidia.rules", rule);
    tree.write("/usr/lib/udev/rules.d/50-other.rules", "# nvidia\nKERNEL==\"null\"\n");
    tree.write("/usr/lib/udev/rules.d/60-nvidia.rules.bak", rule);
    tree.write("/usr/lib/udev/rules.d/71-nvidia.rules", rule);
    tree.link("/etc/udev/rules.d/71-nvidia.rules", "/dev/null");
    CHECK(audit(tree) == "");
    tree.write("/usr/lib/udev/rules.d/60-nvidia.rules", "# a rule\n" + rule);
    tree.write("/etc/udev/rules.d/99-x.rules", "KERNEL==\"nvidia\" " + std::string(200, 'x'));
    CHECK(audit(tree) == "udev /etc/udev/rules.d/99-x.rules (nobody: KERNEL==\"nvidia\" " +
                             std::string(103, 'x') + "...)\n" +
                             "udev /usr/lib/udev/rules.d/60-nvidia.rules (package dcgm: "
                             "ACTION==\"add\", RUN+=\"/usr/bin/nvidia-smi\")\n");
}

TEST_CASE("a line of modprobe's counts unless it keeps the driver out") { // S2-08
    CHECK(modprobe("# options nvidia x=1\n  # install nvidia /sbin/modprobe nvidia\n") == "");
    CHECK(modprobe("blacklist nvidia\nblacklist nvidia-drm\nblacklist nvidiafb\n") == "");
    CHECK(modprobe("install nvidia /bin/false\ninstall nvidia_uvm /usr/bin/true\n") == "");
    CHECK(modprobe("alias nvidia off\noptions nvidiafb x=1\noptions snd model=nvidia\n") == "");
    const std::string found = "modprobe /etc/modprobe.d/nvidia.conf (package dcgm: ";
    for (const std::string line :
         {"options nvidia-drm modeset=1", "alias char-major-195* nvidia", "blacklist nouveau",
          "install nvidia /sbin/modprobe -i nvidia-current", "softdep drm post: nvidia_uvm",
          "install i2c /usr/bin/nvidia-modprobe"})
        CHECK(modprobe("blacklist nvidiafb\n" + line + "\n") == found + line + ")\n");
    CHECK(modprobe("softdep drm \\\n post: nvidia\n") == found + "softdep drm   post: nvidia)\n");
    CHECK(modprobe("# a comment \\\nsoftdep drm post: nvidia\n") == ""); // goes on, as modprobe's
}

TEST_CASE("a module that is to be loaded at boot counts") { // S2-08
    const TemporaryRoot tree;
    tree.write("/etc/modules-load.d/x.conf", "# nvidia\n; nvidia\nnvidiafb\nloop\n");
    tree.write("/etc/modules-load.d/nvidia", "nvidia\n"); // no .conf
    tree.write("/usr/lib/modprobe.d/gpuboot.conf", "options nvidia x=1\n");
    tree.write("/usr/lib/modules-load.d/nvidia.conf", "nvidia-uvm\n");
    tree.write("/etc/modules-load.d/nvidia.conf", "# hides the other\n");
    CHECK(audit(tree) == "");
    tree.write("/usr/lib/modules-load.d/y.conf", "loop\nnvidia-uvm\n");
    CHECK(audit(tree) == "modprobe /usr/lib/modules-load.d/y.conf (nobody: nvidia-uvm)\n");
}

TEST_CASE("a CDI spec counts by its kind") { // S2-08
    const TemporaryRoot tree;
    tree.write("/run/cdi/gpuboot.json", R"({"kind":"nvidia.com/gpu"})");
    tree.write("/etc/cdi/nic.yaml", "kind: vendor.com/nic\n# nvidia.com/gpu\n");
    tree.write("/etc/cdi/nvidia.txt", "kind: nvidia.com/gpu\n");
    CHECK(audit(tree) == "");
    tree.link("/var/run", "/run"); // the same folder twice
    tree.write("/etc/cdi/nvidia.yaml", "---\nkind: \"nvidia.com/gpu\"\n");
    tree.write("/run/cdi/m.json", R"({"kind":"management.nvidia.com/gpu"})");
    tree.write("/run/cdi/broken.json", R"({"kind":"nvidia.com/gpu")");
    CHECK(audit(tree) == "cdi /etc/cdi/nvidia.yaml (package dcgm: kind nvidia.com/gpu)\n"
                         "cdi /run/cdi/broken.json (nobody: names nvidia, its kind is unclear)\n"
                         "cdi /run/cdi/m.json (nobody: kind management.nvidia.com/gpu)\n");
    CHECK(input::kind_of_spec("x.yaml", "kind: 'a/b' # comment\r\n") == "a/b");
    CHECK(input::kind_of_spec("x.yaml", "  kind: a/b\nkind:\n") == "");
}
