// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/foreign_owner.hpp"

#include <algorithm>

#include "input/file_entry.hpp"
#include "input/package_files.hpp"

namespace gpuboot::input {

namespace {

using namespace model;

constexpr const char* by_a_person = "what a person installed with NVIDIA's installer";

class Owners {
  public:
    Owners(const Root& root, const InstallerList& installer,
           const std::vector<Registration>& registrations)
        : root_(root), installer_(installer), registrations_(registrations) {}

    Result<void> ask(const std::set<std::string>& paths) {
        auto packages = read_package_owners(root_, paths);
        if (!packages) return forward(std::move(packages).error());
        packages_ = std::move(*packages);
        return {};
    }

    std::string of_source(const Registration& registration) const {
        if (const auto package = of_package(registration.source + "/dkms.conf"); !package.empty())
            return package;
        // The installer registers what it lays down without listing it.
        const bool by_installer = installer_.present && !installer_.of_aks_gpu;
        return by_installer && registration.version == installer_.version ? by_a_person : "";
    }

    std::string of(const Unowned& unowned) const {
        const ForeignEntry& entry = unowned.find.entry;
        if (const auto package = of_package(entry.path); !package.empty()) return package;
        if (entry.type == EntryType::Link && entry.target.starts_with("/etc/alternatives/"))
            return "update-alternatives";
        if (!installer_.of_aks_gpu && (installer_.paths.contains(merged(entry.path)) ||
                                       (installer_.present && is_below(entry, "/var/lib/nvidia"))))
            return by_a_person;
        if (const auto owner = of_registration(entry); !owner.empty()) return owner;
        // Refuse what is ambiguous (S2-28): the installer ran, and what it did nobody can tell.
        if (installer_.lost && !unowned.only_its && entry.kind != ForeignKind::Marker)
            return std::string(by_a_person) + ", as far as can be told: its list is gone";
        return "";
    }

  private:
    static bool is_below(const ForeignEntry& entry, const std::string& folder) {
        return entry.path == folder || entry.path.starts_with(folder + "/");
    }

    std::string of_package(const std::string& path) const {
        const auto package = packages_.find(merged(path));
        return package == packages_.end() ? "" : package->second;
    }

    std::string of_registration(const ForeignEntry& entry) const {
        for (const Registration& registration : registrations_)
            if (!registration.owner.empty() &&
                (is_registered(entry, registration) || is_product(entry, registration)))
                return registration.owner;
        return "";
    }

    /// Its folder, or a link beside it: "kernel-6.1.0-50-x86_64 -> VERSION/6.1.0-50/x86_64".
    static bool is_registered(const ForeignEntry& entry, const Registration& registration) {
        const bool links_to_it =
            entry.type == EntryType::Link &&
            entry.path.starts_with("/var/lib/dkms/" + registration.name + "/") &&
            entry.target.starts_with(registration.version + "/");
        return links_to_it || is_below(entry, registration.path) ||
               (!registration.source.empty() && is_below(entry, registration.source));
    }

    /// /lib/modules/KERNEL/updates/dkms/x.ko, where DKMS has built this one for KERNEL.
    bool is_product(const ForeignEntry& entry, const Registration& registration) const {
        constexpr std::string_view modules = "/lib/modules/";
        if (entry.kind != ForeignKind::Modules || !entry.path.starts_with(modules)) return false;
        const std::string rest = entry.path.substr(modules.size());
        const auto slash = rest.find("/updates/dkms/");
        if (slash == std::string::npos) return false;
        const std::string built = registration.path + "/" + rest.substr(0, slash);
        bool listed = false;
        for (const std::string& arch : root_.list(built).value_or(std::vector<std::string>{})) {
            const auto modules_of_it = root_.list(built + "/" + arch + "/module");
            if (!modules_of_it) continue;
            listed = true;
            const auto same = [&](const std::string& name) {
                return stem_of(name) == stem_of(rest.substr(rest.rfind('/') + 1));
            };
            if (std::ranges::any_of(*modules_of_it, same)) return true;
        }
        return !listed && root_.exists(built); // built, and what was built is gone
    }

    /// "nvidia.ko.xz" and "nvidia.ko" are one module.
    static std::string stem_of(const std::string& name) { return name.substr(0, name.find(".ko")); }

    const Root& root_;
    const InstallerList& installer_;
    const std::vector<Registration>& registrations_;
    std::map<std::string, std::string> packages_;
};

} // namespace

Result<void> own(const Root& root, const InstallerList& installer,
                 std::vector<Registration>& registrations, std::vector<Unowned>& finds) {
    if (finds.empty()) return {};
    std::set<std::string> paths;
    for (const Unowned& unowned : finds)
        paths.insert(unowned.find.entry.path);
    for (const Registration& registration : registrations)
        paths.insert(registration.source + "/dkms.conf");
    Owners owners(root, installer, registrations);
    if (auto asked = owners.ask(paths); !asked) return asked;
    for (Registration& registration : registrations)
        registration.owner = owners.of_source(registration);
    for (Unowned& unowned : finds)
        unowned.find.owner = owners.of(unowned);
    return {};
}

} // namespace gpuboot::input
