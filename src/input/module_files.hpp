// SPDX-License-Identifier: LGPL-2.1-or-later
// The driver's module files in a kernel's own tree, wherever an installer may have put them. Only
// names are read.
#pragma once

#include <string>
#include <vector>

#include "base/root.hpp"

namespace gpuboot::input {

struct ModuleFolder {
    std::string path;
    std::vector<std::string> files; ///< "nvidia.ko", "nvidia-uvm.ko.xz"; sorted
};

/// By its name, in either spelling; the kernel's own modules with a similar one are no part of the
/// driver.
bool is_driver_module(const std::string& name);

/// The same of a file that may be compressed: "nvidia-uvm.ko.xz".
bool is_driver_file(const std::string& name);

/// Folders of /lib/modules/KERNEL with at least one such file. What gpuboot's own link leads to is
/// not among them.
std::vector<ModuleFolder> find_module_files(const Root& root, const std::string& kernel);

} // namespace gpuboot::input
