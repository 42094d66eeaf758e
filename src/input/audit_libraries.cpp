// SPDX-License-Identifier: LGPL-2.1-or-later
// The driver's libraries where the dynamic loader finds them (ld.so(8)): by its cache, and after
// that in its own folders. What leads nowhere is found by nobody (S2-08).
#include <array>
#include <set>

#include "base/names.hpp"
#include "input/audit_parts.hpp"
#include "input/file_entry.hpp"
#include "input/library_files.hpp"
#include "input/loader_cache.hpp"
#include "input/search_path.hpp"

namespace gpuboot::input {

namespace {

constexpr std::string_view cache_file = "/etc/ld.so.cache";
constexpr std::size_t cache_limit = std::size_t{16} << 20;
constexpr std::array<std::string_view, 4> library_folders{"/usr/lib", "/usr/lib64", "/lib",
                                                          "/lib64"};

class Libraries {
  public:
    Libraries(const Root& root, Findings& findings) : root_(root), findings_(findings) {}

    Result<void> add_cached(bool activated) {
        const auto text = root_.read_text(cache_file, cache_limit);
        if (!text && text.error().code == Errc::NotFound) return {};
        if (!text) return forward(text.error());
        const auto cached = libraries_in_loader_cache(bytes_of(*text));
        if (!cached) return forward(cached.error(), cache_file);
        const std::string active = std::string(names::active_link) + "/";
        for (const CachedLibrary& library : *cached) {
            if (activated && library.path.starts_with(active)) continue;
            if (auto added = add(library.name, library.path, "in the loader's cache"); !added)
                return added;
        }
        return {};
    }

    Result<void> add_folders() {
        const auto plain = distinct_folders(root_, library_folders);
        if (!plain) return forward(plain.error());
        for (const std::string& folder : *plain) {
            const auto names = names_in(root_, folder);
            if (!names) return forward(names.error());
            if (auto added = add_folder(folder, *names); !added) return added;
            for (const std::string& name : *names) {
                if (!name.ends_with("-linux-gnu")) continue;
                const auto inner = names_in(root_, folder + "/" + name);
                if (!inner) return forward(inner.error());
                if (auto added = add_folder(folder + "/" + name, *inner); !added) return added;
            }
        }
        return {};
    }

  private:
    Result<void> add_folder(const std::string& folder, const std::vector<std::string>& names) {
        for (const std::string& name : names)
            if (auto added = add(name, folder + "/" + name, "in a folder of the loader's own");
                !added)
                return added;
        return {};
    }

    Result<void> add(const std::string& name, const std::string& path, const std::string& where) {
        if (!is_driver_library(name) && !is_driver_library(path.substr(path.rfind('/') + 1)))
            return {};
        const auto file = leads_to_file(root_, path);
        if (!file) return forward(file.error());
        if (*file && seen_.insert(merged(path)).second)
            findings_.push_back(
                {model::AuditClass::Library, path, where + leading_to(root_, path), ""});
        return {};
    }

    const Root& root_;
    Findings& findings_;
    std::set<std::string> seen_;
};

} // namespace

Result<void> audit_libraries(const Root& root, bool activated, Findings& findings) {
    Libraries libraries(root, findings);
    if (auto added = libraries.add_cached(activated); !added) return added;
    return libraries.add_folders();
}

} // namespace gpuboot::input
