// SPDX-License-Identifier: LGPL-2.1-or-later
// A tree on which the tool aks-gpu built a driver, and drivers that others put beside it: a
// package, and a person with NVIDIA's installer. Each file says what lies there and whose it is.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>
#include <vector>

#include "fakes/module_image.hpp"

namespace gpuboot::fakes {

inline constexpr const char* aks_version = "550.144.03";
inline constexpr const char* aks_marker = "/opt/azure/aks-gpu/dkms-marker";

inline std::string driver_module(std::string_view name, const std::string& kernel,
                                 const std::string& version, const std::string& srcversion) {
    ModuleContent content{std::string(name), kernel + " SMP mod_unload "};
    content.srcversion = srcversion;
    content.more = "version=" + version + '\0';
    return module_image(content);
}

/// Needs `write`, `link` and `outside` of a tree. Returns the files, the marker last.
inline std::vector<std::string> install_aks_gpu(const auto& tree, const std::string& kernel) {
    const std::string version(aks_version), registered = "/var/lib/dkms/nvidia/" + version;
    const std::string library = "libcuda.so." + version;
    std::vector<std::string> files;
    const auto write = [&](const std::string& path, const std::string& text) {
        tree.write(path, text);
        files.push_back(path);
    };
    const auto link = [&](const std::string& path, const std::string& target) {
        tree.link(path, target);
        files.push_back(path);
    };
    const std::string built = registered + "/" + kernel + "/x86_64/module/nvidia.ko";
    const std::string module = driver_module("nvidia", kernel, version, "AAAA");
    write("/usr/bin/nvidia-modprobe", "setuid program");
    ::chmod(tree.outside(files.back()).c_str(), 04755);
    write("/lib/modules/" + kernel + "/updates/dkms/nvidia.ko", module);
    write("/lib/modules/" + kernel + "/updates/dkms/nvidia-uvm.ko",
          driver_module("nvidia_uvm", kernel, version, "BBBB"));
    write("/etc/ld.so.conf.d/nvidia.conf", "/usr/bin/lib64\n");
    write("/usr/bin/lib64/lib64/" + library, "library");
    link("/usr/bin/lib64/lib64/libcuda.so.1", library);
    write("/usr/lib/x86_64-linux-gnu/" + library, "library");
    write("/usr/bin/nvidia-smi", "program");
    write("/lib/firmware/nvidia/" + version + "/gsp_ga10x.bin", "firmware");
    write("/usr/src/nvidia-" + version + "/dkms.conf", "PACKAGE_NAME=nvidia\n");
    write("/usr/src/nvidia-" + version + "/nvidia/nv.c", "int nv;\n");
    write("/var/log/nvidia-installer-1747212345.log", "log");
    link(registered + "/source", "/usr/src/nvidia-" + version);
    write(built, module);
    link("/var/lib/dkms/nvidia/kernel-" + kernel + "-x86_64", version + "/" + kernel + "/x86_64");
    write(aks_marker,
          "kernel=" + kernel + "\ndriver_version=" + version + "\ndriver_kind=cuda\narch=x86_64\n");
    return files;
}

/// dpkg's database, and in it a driver that a package brought.
inline void install_package(const auto& tree, const std::string& kernel) {
    const std::string module = "/lib/modules/" + kernel + "/extra/nvidia.ko";
    tree.write(module, driver_module("nvidia", kernel, "535.183.01", "CCCC"));
    tree.write("/usr/bin/nvidia-debugdump", "of a package");
    tree.write("/usr/bin/nvidia-bug-report.sh", "of a diversion");
    tree.write("/var/lib/dpkg/info/base-files.list", "/.\n/etc\n/usr\n/usr/bin\n");
    // dpkg names what the package holds: on a merged /usr also by the other of its two names.
    tree.write("/var/lib/dpkg/info/nvidia-driver-535:amd64.list",
               "/.\n/usr" + module + "\n/usr/bin/nvidia-debugdump\n");
    tree.write("/var/lib/dpkg/diversions",
               "/usr/bin/nvidia-bug-report.sh\n/usr/lib/old/nvidia-bug-report.sh\nglx\n");
}

/// What `NVIDIA-Linux-x86_64-570.86.15.run` leaves, with its list.
inline void install_runfile(const auto& tree, const std::string& kernel) {
    const std::string module = "/lib/modules/" + kernel + "/kernel/drivers/video/nvidia.ko";
    tree.write(module, driver_module("nvidia", kernel, "570.86.15", "DDDD"));
    tree.write("/usr/bin/nvidia-settings", "of the .run file");
    tree.write("/var/log/nvidia-installer.log", "log");
    tree.write("/var/lib/nvidia/log",
               "1.0-5708615 (570.86.15)\nNVIDIA Accelerated Graphics Driver\n1: " + module +
                   "\n12345\n1: /usr/bin/nvidia-settings\n67890\n0: /usr/bin/nvidia-uninstall\n"
                   "nvidia-installer\n");
}

} // namespace gpuboot::fakes
