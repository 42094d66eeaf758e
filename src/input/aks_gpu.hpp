// SPDX-License-Identifier: LGPL-2.1-or-later
// What the tool aks-gpu lays down on a machine, place by place, each with the reason why it is one.
// Data alone: who owns what lies there is looked at for every file (input/foreign_owner.hpp).
//
// Left alone on purpose: /etc/modprobe.d/blacklist-nouveau.conf (it gives no rights, and without it
// nouveau takes the GPU), CDI specs and what is in /run and /dev (they speak of the driver that
// runs, whose ever it is), /usr/local/nvidia (others put theirs there), packages.
#pragma once

#include <array>
#include <string_view>

#include "model/foreign.hpp"

namespace gpuboot::input {

enum class Extent {
    One,  ///< a file or a link
    Tree, ///< and, of a directory, all that is below it
};

struct AksGpuPlace {
    /// "*" stands for any part of one name, "{version}" for each version of the driver that the
    /// tool is known to have installed here.
    std::string_view path;
    Extent extent;
    model::ForeignKind kind;
    bool only_its; ///< nobody else lays anything there, NVIDIA's installer included
    std::string_view why;
};

inline constexpr std::string_view aks_gpu_libraries = "/usr/bin/lib64";
inline constexpr std::string_view aks_gpu_loader_line = "/etc/ld.so.conf.d/nvidia.conf";

inline constexpr auto aks_gpu_places = std::to_array<AksGpuPlace>({
    // What its own clean-up deletes.
    {aks_gpu_libraries, Extent::Tree, model::ForeignKind::Libraries, true,
     "its container's GPU_DEST is /usr/bin, and libraries go to lib64 in there"},
    {"/usr/bin/nvidia-modprobe", Extent::One, model::ForeignKind::AksGpu, false, "setuid root"},
    {"/usr/bin/nvidia-smi", Extent::One, model::ForeignKind::AksGpu, false, "of the .run file"},
    {"/usr/bin/nvidia-debugdump", Extent::One, model::ForeignKind::AksGpu, false,
     "of the .run file"},
    {"/usr/bin/nvidia-persistenced", Extent::One, model::ForeignKind::AksGpu, false,
     "of the .run file"},
    {"/usr/bin/nvidia-cuda-mps-control", Extent::One, model::ForeignKind::AksGpu, false,
     "of the .run file"},
    {"/usr/bin/nvidia-cuda-mps-server", Extent::One, model::ForeignKind::AksGpu, false,
     "of the .run file"},
    {"/usr/bin/nvidia-bug-report.sh", Extent::One, model::ForeignKind::AksGpu, false,
     "of the .run file"},
    {"/usr/bin/nvidia-powerd", Extent::One, model::ForeignKind::AksGpu, false, "of the .run file"},
    {"/usr/bin/nvidia-ngx-updater", Extent::One, model::ForeignKind::AksGpu, false,
     "of the .run file"},
    {"/usr/bin/nvidia-sleep.sh", Extent::One, model::ForeignKind::AksGpu, false,
     "of the .run file"},
    {"/opt/gpu", Extent::Tree, model::ForeignKind::AksGpu, true, "where its container unpacks"},

    // What that leaves behind.
    {"/usr/bin/nvidia-installer", Extent::One, model::ForeignKind::AksGpu, false,
     "a root program that installs drivers"},
    {"/usr/bin/nvidia-uninstall", Extent::One, model::ForeignKind::AksGpu, false,
     "a link to the installer"},
    {"/usr/bin/nvidia-settings", Extent::One, model::ForeignKind::AksGpu, false,
     "of the .run file"},
    {"/usr/bin/nvidia-xconfig", Extent::One, model::ForeignKind::AksGpu, false, "of the .run file"},
    {"/usr/src/nvidia-{version}", Extent::Tree, model::ForeignKind::AksGpu, false,
     "the source that DKMS compiles"},
    {"/lib/firmware/nvidia/{version}", Extent::Tree, model::ForeignKind::AksGpu, false,
     "GSP firmware of that driver"},
    {"/var/lib/nvidia", Extent::Tree, model::ForeignKind::AksGpu, false,
     "the installer's list and what it moved away"},
    {"/var/log/nvidia-installer-*.log", Extent::One, model::ForeignKind::AksGpu, true,
     "the log's name is the tool's choice"},
    {"/usr/share/man/man1/nvidia-*.1.gz", Extent::One, model::ForeignKind::AksGpu, false,
     "of the .run file"},
    {"/usr/share/applications/nvidia-settings.desktop", Extent::One, model::ForeignKind::AksGpu,
     false, "of the .run file"},
    {"/usr/share/nvidia", Extent::Tree, model::ForeignKind::AksGpu, false,
     "profiles, and fabric manager's topologies"},
    {"/etc/OpenCL/vendors/nvidia.icd", Extent::One, model::ForeignKind::AksGpu, false,
     "names a library that is gone"},
    {"/usr/share/vulkan/icd.d/nvidia_icd.json", Extent::One, model::ForeignKind::AksGpu, false,
     "names a library that is gone"},
    {"/usr/share/vulkan/implicit_layer.d/nvidia_layers.json", Extent::One,
     model::ForeignKind::AksGpu, false, "names a library that is gone"},
    {"/usr/share/glvnd/egl_vendor.d/10_nvidia.json", Extent::One, model::ForeignKind::AksGpu, false,
     "names a library that is gone"},
    {"/usr/share/X11/xorg.conf.d/nvidia-drm-outputclass.conf", Extent::One,
     model::ForeignKind::AksGpu, false, "names an X driver that is gone"},
    {"/usr/lib/xorg/modules/drivers/nvidia_drv.so", Extent::One, model::ForeignKind::AksGpu, false,
     "an X driver"},
    {"/lib/systemd/system/nvidia-suspend.service", Extent::One, model::ForeignKind::AksGpu, false,
     "starts nvidia-sleep.sh"},
    {"/lib/systemd/system/nvidia-resume.service", Extent::One, model::ForeignKind::AksGpu, false,
     "starts nvidia-sleep.sh"},
    {"/lib/systemd/system/nvidia-hibernate.service", Extent::One, model::ForeignKind::AksGpu, false,
     "starts nvidia-sleep.sh"},
    {"/lib/systemd/system/nvidia-suspend-then-hibernate.service", Extent::One,
     model::ForeignKind::AksGpu, false, "starts nvidia-sleep.sh"},
    {"/lib/systemd/system/nvidia-powerd.service", Extent::One, model::ForeignKind::AksGpu, false,
     "starts nvidia-powerd"},
    {"/lib/systemd/system-sleep/nvidia", Extent::One, model::ForeignKind::AksGpu, false,
     "starts nvidia-sleep.sh"},
    {"/etc/systemd/system/*/nvidia-suspend.service", Extent::One, model::ForeignKind::AksGpu, false,
     "enables it"},
    {"/etc/systemd/system/*/nvidia-resume.service", Extent::One, model::ForeignKind::AksGpu, false,
     "enables it"},
    {"/etc/systemd/system/*/nvidia-hibernate.service", Extent::One, model::ForeignKind::AksGpu,
     false, "enables it"},

    // Fabric manager, whose installer it patches.
    {"/usr/lib/*-linux-gnu/libnvfm.so*", Extent::One, model::ForeignKind::Libraries, false,
     "fabric manager's library"},
    {"/usr/bin/nv-fabricmanager", Extent::One, model::ForeignKind::AksGpu, false,
     "fabric manager itself"},
    {"/usr/bin/nvswitch-audit", Extent::One, model::ForeignKind::AksGpu, false,
     "comes with fabric manager"},
    {"/usr/bin/nvidia-fabricmanager-start.sh", Extent::One, model::ForeignKind::AksGpu, false,
     "comes with fabric manager"},
    {"/lib/systemd/system/nvidia-fabricmanager.service", Extent::One, model::ForeignKind::AksGpu,
     false, "its unit"},
    {"/etc/systemd/system/*/nvidia-fabricmanager.service", Extent::One, model::ForeignKind::AksGpu,
     false, "enables it"},
    {"/usr/include/nv_fm_*.h", Extent::One, model::ForeignKind::AksGpu, false,
     "comes with fabric manager"},
    {"/usr/share/doc/nvidia-fabricmanager", Extent::Tree, model::ForeignKind::AksGpu, false,
     "comes with fabric manager"},

    // What its device initialization and its caller at boot write.
    {"/etc/containerd/config.d/10-nvidia-runtime.toml", Extent::One, model::ForeignKind::AksGpu,
     true, "makes a runtime that is gone containerd's default"},
    {"/lib/udev/rules.d/71-nvidia-dev-char.rules", Extent::One, model::ForeignKind::AksGpu, false,
     "runs nvidia-ctk when a driver is loaded"},
    {"/etc/systemd/system/nvidia-cdi-refresh.service.d/10-aks-tolerate-generate-failure.conf",
     Extent::One, model::ForeignKind::AksGpu, true, "hides that service's failures"},
    {"/etc/systemd/system/nvidia-modprobe.service", Extent::One, model::ForeignKind::AksGpu, false,
     "runs dkms autoinstall at every boot"},
    {"/etc/systemd/system/*/nvidia-modprobe.service", Extent::One, model::ForeignKind::AksGpu,
     false, "enables it"},
});

} // namespace gpuboot::input
