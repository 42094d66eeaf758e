// SPDX-License-Identifier: LGPL-2.1-or-later
// What a kernel of the tree, any of them, would load as the driver: modules, depmod's indexes
// (modules.dep(5)), initramfs images; and what would compile or find the next one.
#include <sys/stat.h>

#include <map>
#include <set>
#include <sstream>
#include <utility>

#include "input/audit_parts.hpp"
#include "input/file_walk.hpp"
#include "input/foreign.hpp"
#include "input/initramfs.hpp"
#include "input/module_files.hpp"
#include "input/search_path.hpp"

namespace gpuboot::input {

namespace {

using model::AuditClass;

constexpr std::size_t index_limit = std::size_t{64} << 20;

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

/// "updates/dkms/nvidia.ko" of a line of modules.dep; "" when that is no module of the driver.
std::string listed_in(const std::string& line) {
    const std::string file = line.substr(0, line.find(':'));
    return is_driver_file(name_of(file)) ? file : "";
}

/// "nvidia" of "alias pci:v000010DEd*sv*sd*bc03sc00i00* nvidia"; "" of other devices and of the
/// kernel's own modules, which have aliases for this vendor, too.
std::string wanted_in(const std::string& line) {
    if (!line.starts_with("alias pci:v000010DE")) return "";
    const std::string module = line.substr(line.rfind(' ') + 1);
    return is_driver_module(module) ? module : "";
}

Result<void> audit_index(const Root& root, const std::string& path, const std::string& verb,
                         std::string (*module_in)(const std::string&), const std::string& kernel,
                         Findings& findings) {
    const auto text = root.read_text(path, index_limit);
    if (!text && text.error().code == Errc::NotFound) return {};
    if (!text) return forward(text.error());
    std::set<std::string> modules;
    std::istringstream lines(*text);
    for (std::string line; std::getline(lines, line);)
        if (auto module = module_in(line); !module.empty()) modules.insert(std::move(module));
    if (modules.empty()) return {};
    std::string detail = verb + *modules.begin();
    if (modules.size() > 1) detail += " and " + std::to_string(modules.size() - 1) + " more";
    findings.push_back({AuditClass::Module, path, detail + "; kernel " + kernel, ""});
    return {};
}

Result<void> audit_kernel(const Root& root, const std::string& kernel, Findings& findings) {
    const std::string tree = "/lib/modules/" + kernel;
    auto walked =
        walk_files(root, tree, [&](const std::string& path, const struct stat&) -> Result<void> {
            if (!is_driver_file(name_of(path))) return {};
            const auto file = leads_to_file(root, path);
            if (!file) return forward(file.error());
            if (*file)
                findings.push_back(
                    {AuditClass::Module, path, "kernel " + kernel + leading_to(root, path), ""});
            return {};
        });
    if (!walked) return walked;
    if (auto looked =
            audit_index(root, tree + "/modules.dep", "lists ", listed_in, kernel, findings);
        !looked)
        return looked;
    return audit_index(root, tree + "/modules.alias", "has NVIDIA's GPUs load ", wanted_in, kernel,
                       findings);
}

bool is_initramfs(const std::string& name) {
    return name.starts_with("initrd") || name.starts_with("initramfs");
}

/// One image under two names, as with /boot/initrd.img, is one.
Result<std::vector<std::string>> images_in(const Root& root, const std::string& folder) {
    auto names = names_in(root, folder);
    if (!names) return names;
    std::erase_if(*names, [](const std::string& name) { return !is_initramfs(name); });
    std::vector<std::string> images;
    std::set<std::pair<dev_t, ino_t>> seen;
    for (const bool links : {false, true}) // the image's own name is the one to tell
        for (const std::string& name : *names) {
            const std::string path = folder + "/" + name;
            const auto target = target_of(root, path);
            if (!target) return forward(target.error());
            if (!*target || !S_ISREG((*target)->st_mode)) continue;
            if (root.read_link(path).has_value() != links) continue;
            if (seen.insert({(*target)->st_dev, (*target)->st_ino}).second) images.push_back(path);
        }
    return images;
}

/// A folder; the links beside it say which kernel has it.
void add_registration(const Root& root, const std::string& path,
                      const std::map<std::string, std::string>& details, Findings& findings) {
    const auto status = root.status(path);
    if (!status || !S_ISDIR(status->st_mode)) return;
    const auto detail = details.find(path);
    findings.push_back({AuditClass::Dkms, path,
                        detail == details.end() ? "of no version of a driver" : detail->second,
                        ""});
}

} // namespace

Result<void> audit_modules(const Root& root, Findings& findings) {
    const auto kernels = names_in(root, "/lib/modules");
    if (!kernels) return forward(kernels.error());
    for (const std::string& kernel : *kernels)
        if (auto looked = audit_kernel(root, kernel, findings); !looked) return looked;
    return {};
}

Result<void> audit_initramfs(const Root& root, Findings& findings) {
    const auto images = images_in(root, "/boot");
    if (!images) return forward(images.error());
    for (const std::string& path : *images) {
        const auto modules = driver_modules_in_file(root, path);
        if (!modules)
            findings.push_back({AuditClass::Initramfs, path,
                                "cannot be looked into: " + modules.error().what, ""});
        else if (!modules->empty())
            findings.push_back({AuditClass::Initramfs, path, told_of(*modules), ""});
    }
    return {};
}

Result<void> audit_installations(const Root& root, Findings& findings) {
    const std::string dkms = "/var/lib/dkms", loader = "/etc/ld.so.conf.d";
    if (const auto lines = names_in(root, loader); !lines) return forward(lines.error());
    std::map<std::string, std::string> details; // of registrations that are what they should be
    for (const model::Foreign& foreign : read_foreign(root, "")) // of no kernel: those were walked
        if (foreign.kind == model::ForeignKind::Dkms)
            details[foreign.path] = foreign.detail;
        else if (foreign.kind == model::ForeignKind::Libraries)
            findings.push_back(
                {AuditClass::Library, foreign.path, "leads ldconfig to " + foreign.detail, ""});
    const auto names = names_in(root, dkms);
    if (!names) return forward(names.error());
    for (const std::string& name : *names) {
        if (!name.starts_with("nvidia")) continue;
        const auto versions = names_in(root, dkms + "/" + name);
        if (!versions) return forward(versions.error());
        for (const std::string& version : *versions)
            add_registration(root, dkms + "/" + name + "/" + version, details, findings);
    }
    return {};
}

} // namespace gpuboot::input
