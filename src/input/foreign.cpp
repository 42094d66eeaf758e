// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/foreign.hpp"

#include <fcntl.h>

#include <algorithm>
#include <sstream>

#include "input/dkms_marker.hpp"
#include "input/modinfo.hpp"
#include "input/module_files.hpp"
#include "model/pin.hpp"

namespace gpuboot::input {

namespace {

using namespace model;

constexpr std::string_view dkms = "/var/lib/dkms";
constexpr std::string_view loader = "/etc/ld.so.conf.d";
constexpr std::size_t most_entries = 1024;

std::vector<std::string> entries(const Root& root, std::string_view path) {
    return root.list(path, most_entries).value_or(std::vector<std::string>{});
}

/// What the driver proper says of itself; the helpers may carry versions of their own.
std::string version_of(const Root& root, const ModuleFolder& folder) {
    for (const std::string& file : folder.files) {
        const std::string path = folder.path + "/" + file;
        auto fd = root.open_at(path, O_RDONLY | O_NOFOLLOW);
        if (!fd || !require_regular(fd->get(), path)) continue;
        auto info = read_modinfo(fd->get(), path);
        if (info && info->name == "nvidia") return info->version;
    }
    return "";
}

void add_modules(const Root& root, const std::string& kernel, std::vector<Foreign>& found) {
    for (const ModuleFolder& folder : find_module_files(root, kernel)) {
        const std::size_t count = folder.files.size();
        found.push_back({ForeignKind::Modules, folder.path, version_of(root, folder),
                         std::to_string(count) + (count == 1 ? " module" : " modules"), ""});
    }
}

/// /var/lib/dkms/NAME/VERSION/KERNEL/ARCH/module: NAME may merely begin with "nvidia".
void add_registrations(const Root& root, std::vector<Foreign>& found) {
    for (const std::string& name : entries(root, dkms)) {
        if (!name.starts_with("nvidia")) continue;
        const std::string folder = std::string(dkms) + "/" + name;
        for (const std::string& version : entries(root, folder)) {
            if (!is_version(version)) continue; // links "kernel-..." beside the versions
            const std::string path = folder + "/" + version;
            std::string kernels;
            for (const std::string& kernel : entries(root, path))
                if (is_kernel_release(kernel) && kernel != "source" && kernel != "build")
                    kernels += (kernels.empty() ? "" : ", ") + kernel;
            found.push_back(
                {ForeignKind::Dkms, path, version,
                 kernels.empty() ? "registered with DKMS" : "built by DKMS for " + kernels, ""});
        }
    }
}

void add_marker(const Root& root, std::vector<Foreign>& found) {
    const auto marker = read_dkms_marker(root);
    const std::string path(dkms_marker_path);
    if (!marker.flaw.empty())
        found.push_back({ForeignKind::Marker, path, "", "", marker.flaw});
    else if (marker.value)
        found.push_back({ForeignKind::Marker, path, marker.value->driver_version,
                         "built into the image (" + marker.value->driver_kind + ") for kernel " +
                             marker.value->kernel,
                         ""});
}

/// A file of the loader's configuration that leads to NVIDIA's libraries outside the usual folders.
void add_libraries(const Root& root, std::vector<Foreign>& found) {
    for (const std::string& name : entries(root, loader)) {
        if (!name.contains("nvidia") || !name.ends_with(".conf")) continue;
        const std::string path = std::string(loader) + "/" + name;
        std::istringstream lines(root.read_text(path, 1 << 16).value_or(""));
        for (std::string line; std::getline(lines, line);) {
            if (!line.starts_with('/')) continue;
            const auto libraries = entries(root, line);
            const auto driver = std::ranges::find_if(libraries, [](const std::string& library) {
                return library.starts_with("libcuda.so.") ||
                       library.starts_with("libnvidia-ml.so.");
            });
            if (driver != libraries.end())
                found.push_back({ForeignKind::Libraries, path, "", "libraries in " + line, ""});
        }
    }
}

} // namespace

std::vector<Foreign> read_foreign(const Root& root, const std::string& kernel) {
    std::vector<Foreign> found;
    if (is_kernel_release(kernel)) add_modules(root, kernel, found);
    add_registrations(root, found);
    add_marker(root, found);
    add_libraries(root, found);
    return found;
}

} // namespace gpuboot::input
