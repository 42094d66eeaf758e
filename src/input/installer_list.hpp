// SPDX-License-Identifier: LGPL-2.1-or-later
// What NVIDIA's own installer (the .run file) laid down here, by its list for nvidia-uninstall, and
// who ran it: a person, or the tool aks-gpu, which runs the same installer.
#pragma once

#include <set>
#include <string>

#include "base/root.hpp"

namespace gpuboot::input {

struct InstallerList {
    bool present = false;        ///< the list is there
    bool of_aks_gpu = false;     ///< that tool ran it last
    bool lost = false;           ///< a person ran the installer, and its list is gone
    std::string version;         ///< of the driver; "" when it does not say
    std::set<std::string> paths; ///< merged (input/file_entry.hpp)
};

/// nvidia-installer writes /var/log/nvidia-installer.log unless it is told otherwise, and aks-gpu
/// tells it /var/log/nvidia-installer-SECONDS.log. `marked` is the version that aks-gpu's marker
/// names, or "". BadInput: the list is not as nvidia-installer writes it (backup.c).
Result<InstallerList> read_installer_list(const Root& root, const std::string& marked);

} // namespace gpuboot::input
