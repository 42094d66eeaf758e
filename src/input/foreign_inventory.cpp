// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/foreign_inventory.hpp"

#include <fcntl.h>

#include <algorithm>
#include <iterator>
#include <sstream>

#include "base/names.hpp"
#include "input/aks_gpu.hpp"
#include "input/dkms_marker.hpp"
#include "input/file_entry.hpp"
#include "input/foreign_owner.hpp"
#include "input/initramfs.hpp"
#include "input/library_files.hpp"
#include "input/modinfo.hpp"
#include "input/module_files.hpp"
#include "input/path_pattern.hpp"
#include "model/pin.hpp"

namespace gpuboot::input {

namespace {

using namespace model;
using enum ForeignKind;

constexpr std::size_t most_finds = 32'768; // the source tree of a driver has 2,000
constexpr std::size_t most_entries = 4096;
constexpr int deepest = 24;
constexpr std::string_view registrations_folder = "/var/lib/dkms";

std::vector<std::string> entries(const Root& root, const std::string& path) {
    return root.list(path, most_entries).value_or(std::vector<std::string>{});
}

/// What the activation of a bake put there leads to one.
bool is_ours(const ForeignEntry& entry) {
    return entry.type == EntryType::Link && (entry.target.starts_with(names::run_directory) ||
                                             entry.target.starts_with(names::state_directory));
}

class Survey {
  public:
    explicit Survey(const Root& root) : root_(root) {}

    Result<ForeignInventory> run(const std::vector<ForeignEntry>& again) {
        const auto marker = read_dkms_marker(root_);
        marked_ = marker.value ? marker.value->driver_version : "";
        auto installer = read_installer_list(root_, marked_);
        if (!installer) return forward(std::move(installer).error());
        add_modules();
        add_registrations();
        add_loader_lines();
        add_aks_gpu(*installer);
        add(Marker, std::string(dkms_marker_path), marked_, true);
        for (const ForeignEntry& entry : again)
            add(entry.kind, entry.path, "", false);
        if (finds_.size() > most_finds)
            return fail(Errc::BadInput, "more than " + std::to_string(most_finds) +
                                            " files of other drivers: nothing is removed");
        if (auto owned = own(root_, *installer, registrations_, finds_); !owned)
            return forward(std::move(owned).error(), "whose the files of other drivers are");
        ForeignInventory inventory;
        for (Unowned& unowned : finds_)
            inventory.finds.push_back(std::move(unowned.find));
        for (const std::string& kernel : kernels())
            std::ranges::move(read_initramfs(root_, kernel), std::back_inserter(inventory.told));
        return inventory;
    }

  private:
    std::vector<std::string> kernels() const {
        auto names = entries(root_, "/lib/modules");
        std::erase_if(names, [](const std::string& name) { return !is_kernel_release(name); });
        return names;
    }

    /// What lies there, if anything does, once.
    ForeignFind* add(ForeignKind kind, const std::string& path, const std::string& version,
                     bool only_its) {
        if (finds_.size() > most_finds || !seen_.insert(merged(path)).second) return nullptr;
        auto entry = read_entry(root_, kind, path);
        if (!entry && entry.error().code == Errc::NotFound) return nullptr;
        ForeignFind find;
        if (entry)
            find.entry = std::move(*entry);
        else
            find.flaw = entry.error().what;
        find.entry.kind = kind;
        find.entry.path = path;
        if (is_ours(find.entry)) return nullptr;
        find.version = version;
        find.detour = detour_of(root_, path);
        finds_.push_back({std::move(find), only_its});
        return &finds_.back().find;
    }

    /// A directory after what is in it; a link is not followed.
    void add_tree(ForeignKind kind, const std::string& path, const std::string& version,
                  bool only_its, int depth = 0) {
        const auto status = root_.status(path);
        if (status && S_ISDIR(status->st_mode) && depth < deepest)
            for (const std::string& name : entries(root_, path))
                add_tree(kind, path + "/" + name, version, only_its, depth + 1);
        add(kind, path, version, only_its);
    }

    void add_modules() {
        for (const std::string& kernel : kernels())
            for (const ModuleFolder& folder : find_module_files(root_, kernel))
                for (const std::string& file : folder.files)
                    add_module(folder.path + "/" + file);
    }

    void add_module(const std::string& path) {
        ForeignFind* find = add(Modules, path, "", false);
        if (!find || find->entry.type != EntryType::File) return;
        auto fd = root_.open_at(path, O_RDONLY | O_NOFOLLOW);
        auto info = fd ? read_modinfo(fd->get(), path) : forward(std::move(fd).error());
        if (!info) return; // nothing is known of it but its name
        find->module = info->name;
        find->version = info->version;
        find->srcversion = info->srcversion;
    }

    void add_registrations() {
        const std::string top(registrations_folder);
        for (const std::string& name : entries(root_, top)) {
            if (!name.starts_with("nvidia")) continue;
            const std::string folder = top + "/" + name;
            for (const std::string& version : entries(root_, folder)) {
                const std::string path = folder + "/" + version;
                if (is_version(version)) {
                    auto source = root_.read_link(path + "/source").value_or("");
                    if (!source.starts_with("/usr/src/")) source.clear();
                    registrations_.push_back({path, name, version, std::move(source), ""});
                }
                add_tree(Dkms, path, is_version(version) ? version : "", false);
            }
            add(Dkms, folder, "", false);
        }
    }

    /// A file of the loader's configuration, and the driver's libraries where it leads.
    void add_loader_lines() {
        for (const std::string& path : matches(root_, "/etc/ld.so.conf.d/*nvidia*.conf")) {
            bool of_a_driver = false, of_others = false;
            std::istringstream lines(root_.read_text(path, 1 << 16).value_or(""));
            for (std::string line; std::getline(lines, line);) {
                if (!line.starts_with('/')) continue;
                const bool of_aks_gpu = line == aks_gpu_libraries;
                evidence_ = evidence_ || of_aks_gpu;
                (of_aks_gpu || add_libraries(line) ? of_a_driver : of_others) = true;
            }
            if (!of_a_driver) continue;
            ForeignFind* find = add(Libraries, path, "", path == aks_gpu_loader_line);
            if (find && of_others) find->flaw = path + ": has lines for other folders as well";
        }
    }

    /// The usual folders are where every installer's libraries lie, so no line makes them foreign.
    bool add_libraries(const std::string& folder) {
        const auto names = entries(root_, folder);
        const auto driver = std::ranges::find_if(names, [](const std::string& name) {
            return name.starts_with("libcuda.so.") || name.starts_with("libnvidia-ml.so.");
        });
        const std::string plain = merged(folder);
        if (driver == names.end() || plain == "/lib" || plain.starts_with("/lib/")) return false;
        for (const std::string& name : names)
            if (is_driver_library(name)) add(Libraries, folder + "/" + name, "", false);
        return true;
    }

    /// Nothing of it where there is no sign that the tool was ever here (S1-24); its marker is one
    /// of several, because a bake that died before the marker leaves files too.
    void add_aks_gpu(const InstallerList& installer) {
        const bool marker = root_.status(dkms_marker_path).has_value();
        evidence_ = evidence_ || marker || installer.of_aks_gpu ||
                    root_.exists(std::string(aks_gpu_libraries) + "/lib64");
        if (!evidence_) return;
        std::set<std::string> versions{marked_};
        if (installer.of_aks_gpu) versions.insert(installer.version);
        versions.erase("");
        for (const AksGpuPlace& place : aks_gpu_places)
            for (const std::string& path : places(place.path, versions))
                if (place.extent == Extent::Tree)
                    add_tree(place.kind, path, version_in(path, versions), place.only_its);
                else
                    add(place.kind, path, version_in(path, versions), place.only_its);
        add_copies();
    }

    std::vector<std::string> places(std::string_view pattern,
                                    const std::set<std::string>& versions) const {
        constexpr std::string_view word = "{version}";
        const auto at = pattern.find(word);
        if (at == std::string_view::npos) return matches(root_, pattern);
        std::vector<std::string> paths;
        paths.reserve(versions.size());
        for (const std::string& version : versions)
            paths.push_back(std::string(pattern.substr(0, at)) + version +
                            std::string(pattern.substr(at + word.size())));
        return paths;
    }

    /// The tool's own version, where it had but one.
    static std::string version_in(const std::string& path, const std::set<std::string>& versions) {
        for (const std::string& version : versions)
            if (path.ends_with(version)) return version;
        return versions.size() == 1 ? *versions.begin() : "";
    }

    /// Its device initialization copies the libraries once more, to the usual folder.
    void add_copies() {
        const auto originals = finds_;
        for (const std::string& folder : matches(root_, "/usr/lib/*-linux-gnu"))
            for (const Unowned& unowned : originals) {
                const ForeignEntry& original = unowned.find.entry;
                if (!original.path.starts_with(std::string(aks_gpu_libraries) + "/")) continue;
                if (original.type == EntryType::Directory) continue;
                const std::string path = folder + original.path.substr(original.path.rfind('/'));
                auto copy = read_entry(root_, Libraries, path);
                if (!copy) continue;
                copy->path = original.path;
                if (*copy == original) add(Libraries, path, unowned.find.version, false);
            }
    }

    const Root& root_;
    std::string marked_; ///< the version that aks-gpu's marker names
    std::set<std::string> seen_;
    std::vector<Unowned> finds_;
    std::vector<Registration> registrations_;
    bool evidence_ = false; ///< of aks-gpu
};

} // namespace

Result<ForeignInventory> read_inventory(const Root& root, const std::vector<ForeignEntry>& again) {
    return Survey(root).run(again);
}

} // namespace gpuboot::input
