// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/audit.hpp"

#include <algorithm>
#include <set>

#include "base/names.hpp"
#include "input/audit_texts.hpp"
#include "input/companions.hpp"
#include "input/devices.hpp"
#include "input/file_entry.hpp"
#include "input/foreign.hpp"
#include "input/initramfs.hpp"
#include "input/module_files.hpp"
#include "input/package_files.hpp"
#include "input/path_pattern.hpp"
#include "model/pin.hpp"

namespace gpuboot::input {

namespace {

using namespace model;
using enum AuditClass;

using Findings = std::vector<Finding>;

constexpr mode_t gives_rights = S_ISUID | S_ISGID;
constexpr std::size_t most_in_store = std::size_t{1} << 16;

constexpr std::string_view program_folders[] = {"/usr/bin",        "/usr/sbin", "/usr/local/bin",
                                                "/usr/local/sbin", "/bin",      "/sbin"};
constexpr std::string_view program_names[] = {"nvidia-*", "nv-fabricmanager", "nv-hostengine",
                                              "dcgmi"};
/// Where the loader looks without a cache, too.
constexpr std::string_view library_folders[] = {
    "/usr/lib", "/usr/lib64",       "/usr/lib/*-linux-gnu", "/lib",
    "/lib64",   "/lib/*-linux-gnu", "/usr/local/lib"};
constexpr std::string_view library_names[] = {"libcuda.so*", "libnvidia-*.so*", "libnvcuvid.so*",
                                              "lib*_nvidia.so*"};
/// By the names that programs ask the loader for.
constexpr std::string_view sonames[] = {
    "libcuda.so.1",          "libnvidia-ml.so.1",     "libnvcuvid.so.1",
    "libnvidia-encode.so.1", "libnvidia-opencl.so.1", "libEGL_nvidia.so.0",
    "libGLX_nvidia.so.0",    "libnvidia-cfg.so.1",    "libnvidia-ptxjitcompiler.so.1"};

std::string octal(mode_t mode) {
    std::string text;
    for (mode &= 07777; mode != 0; mode /= 8)
        text.insert(text.begin(), static_cast<char>('0' + mode % 8));
    return text;
}

void add_program(const Root& root, const std::string& path, Findings& found) {
    const auto status = root.status(path);
    if (!status || S_ISDIR(status->st_mode)) return;
    found.push_back({Program, path});
    if (S_ISREG(status->st_mode) && (status->st_mode & gives_rights) != 0)
        found.push_back({Setuid, path, "mode " + octal(status->st_mode)});
}

void add_programs(const Root& root, Findings& found) {
    for (std::string_view folder : program_folders) {
        if (folder.find('/', 1) == std::string_view::npos && root.read_link(folder)) continue;
        for (std::string_view name : program_names)
            for (const std::string& path :
                 matches(root, std::string(folder) + "/" + std::string(name)))
                add_program(root, path, found);
    }
}

/// Nothing that a bake brings may give rights, active or not (S2-15).
void add_rights_in(const Root& root, const std::string& folder, Findings& found,
                   std::size_t& looked_at) {
    const auto names = root.list(folder);
    if (!names) return;
    for (const std::string& name : *names) {
        if (++looked_at > most_in_store) return;
        const std::string path = folder + "/" + name;
        const auto status = root.status(path);
        if (!status) continue;
        if (S_ISDIR(status->st_mode))
            add_rights_in(root, path, found, looked_at);
        else if (S_ISREG(status->st_mode) && (status->st_mode & gives_rights) != 0)
            found.push_back({Setuid, path, "mode " + octal(status->st_mode)});
    }
}

void add_libraries(const Root& root, const std::string& arch, Findings& found) {
    std::set<std::string> seen;
    for (const model::Library& library : find_libraries(root, arch, sonames))
        if (root.exists(library.path) && !library.path.starts_with(names::active_link))
            if (seen.insert(merged(library.path)).second)
                found.push_back({AuditClass::Library, library.path, "in the loader's cache"});
    for (std::string_view folder : library_folders) {
        const std::string top(folder.substr(0, folder.find("/*")));
        if (top.find('/', 1) == std::string::npos && root.read_link(top)) continue;
        for (std::string_view name : library_names)
            for (const std::string& path :
                 matches(root, std::string(folder) + "/" + std::string(name)))
                if (seen.insert(merged(path)).second) found.push_back({AuditClass::Library, path});
    }
}

/// Those with a folder of modules, and those that only an image in /boot speaks of.
std::set<std::string> kernels(const Root& root) {
    std::set<std::string> all;
    for (const std::string& name : root.list("/lib/modules").value_or(std::vector<std::string>{}))
        all.insert(name);
    for (const std::string& name : root.list("/boot").value_or(std::vector<std::string>{}))
        for (std::string_view prefix : {"initrd.img-", "initramfs-"})
            if (name.starts_with(prefix)) {
                std::string kernel = name.substr(prefix.size());
                if (kernel.ends_with(".img")) kernel.resize(kernel.size() - 4);
                all.insert(std::move(kernel));
            }
    std::erase_if(all, [](const std::string& kernel) { return !is_kernel_release(kernel); });
    return all;
}

void add_modules(const Root& root, Findings& found) {
    for (const std::string& kernel : kernels(root)) {
        for (const ModuleFolder& folder : find_module_files(root, kernel))
            for (const std::string& file : folder.files)
                found.push_back({Module, folder.path + "/" + file});
        const std::string lists = "/lib/modules/" + kernel;
        for (const char* list : {"/modules.dep", "/modules.alias"})
            if (const std::string line = driver_line(root, lists + list); !line.empty())
                found.push_back({Module, lists + list, line});
        for (const Foreign& image : read_initramfs(root, kernel))
            found.push_back({Initramfs, image.path, image.detail});
    }
}

void add_nodes(const Root& root, Findings& found) {
    if (!root.is_system()) return;
    for (const std::string& path : read_left_nodes(root))
        found.push_back({Node, path});
}

void add_units(const Root& root, Findings& found) {
    for (std::string_view folder :
         {"/etc/systemd/system", "/usr/lib/systemd/system", "/run/systemd/system"})
        for (std::string_view pull : {"/*.wants/", "/*.requires/"})
            for (std::string_view name : {"nvidia*", "*dcgm*"})
                for (const std::string& path :
                     matches(root, std::string(folder) + std::string(pull) + std::string(name)))
                    found.push_back({Unit, path, root.read_link(path).value_or("")});
}

void add_registrations(const Root& root, Findings& found) {
    for (const std::string& path : matches(root, "/var/lib/dkms/nvidia*/*"))
        if (const auto status = root.status(path);
            status && S_ISDIR(status->st_mode) && is_version(path.substr(path.rfind('/') + 1)))
            found.push_back({Dkms, path});
}

void own(const Root& root, Findings& found) {
    std::set<std::string> paths;
    for (const Finding& finding : found)
        paths.insert(merged(finding.path));
    if (paths.empty()) return;
    const auto owners = read_package_owners(root, paths);
    for (Finding& finding : found) {
        if (!owners) {
            finding.owner = "unknown";
            continue;
        }
        const auto owner = owners->find(merged(finding.path));
        finding.owner = owner == owners->end() ? "nobody" : owner->second;
    }
}

} // namespace

std::vector<Finding> read_audit(const Root& root, const std::string& arch) {
    Findings found;
    add_programs(root, found);
    std::size_t looked_at = 0;
    for (std::string_view store : {names::state_directory, names::vendor_store})
        add_rights_in(root, std::string(store), found, looked_at);
    add_libraries(root, arch, found);
    add_modules(root, found);
    add_nodes(root, found);
    add_units(root, found);
    add_registrations(root, found);
    for (Finding& finding : read_live_texts(root))
        found.push_back(std::move(finding));
    own(root, found);
    std::ranges::sort(found);
    return found;
}

} // namespace gpuboot::input
