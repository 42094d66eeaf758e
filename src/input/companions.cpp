// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/companions.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/names.hpp"
#include "input/loader_cache.hpp"
#include "model/pin.hpp"

namespace gpuboot::input {

namespace {

using namespace model;

constexpr std::array<std::string_view, 2> judged_libraries{"libnvidia-ml.so.1", "libcuda.so.1"};
constexpr std::size_t cache_limit = std::size_t{16} << 20;

/// The last name of what a path leads to, through every symlink; "" when it leads nowhere.
std::string final_name(const Root& root, const std::string& path) {
    auto fd = root.open_at(path, O_PATH);
    if (!fd) return "";
    std::array<char, 4096> target{};
    const std::string itself = "/proc/self/fd/" + std::to_string(fd->get());
    const ssize_t length = ::readlink(itself.c_str(), target.data(), target.size());
    if (length < 0) return "";
    const std::string_view name(target.data(), static_cast<std::size_t>(length));
    return std::string(name.substr(name.rfind('/') + 1));
}

/// NVIDIA names its libraries by the driver's version: libnvidia-ml.so.535.261.03.
std::string version_in(const std::string& name) {
    const auto suffix = name.find(".so.");
    if (suffix == std::string::npos) return "";
    const std::string version = name.substr(suffix + 4);
    return version.contains('.') && is_version(version) ? version : "";
}

/// Empty when there is none that can be read.
Bytes read_cache(const Root& root) {
    auto fd = root.open_at("/etc/ld.so.cache", O_RDONLY);
    if (!fd || !require_regular(fd->get(), "/etc/ld.so.cache")) return {};
    auto cache = read_rest(fd->get(), cache_limit);
    return cache ? std::move(*cache) : Bytes{};
}

std::string firmware_setting(const Root& root) {
    auto setting = root.read_text(names::firmware_setting, 4096).value_or("");
    while (setting.ends_with('\n'))
        setting.pop_back();
    return setting;
}

/// The kernel's own order (Documentation/driver-api/firmware/fw_search_path.rst).
std::vector<std::string> firmware_path(const Root& root, const Host& host) {
    std::vector<std::string> folders{"/lib/firmware/updates/" + host.kernel,
                                     "/lib/firmware/updates", "/lib/firmware/" + host.kernel,
                                     "/lib/firmware"};
    if (const std::string custom = firmware_setting(root); custom.starts_with('/'))
        folders.insert(folders.begin(), custom);
    return folders;
}

bool has_firmware(const Root& root, const Host& host, const std::string& folder) {
    for (const std::string& base : firmware_path(root, host)) {
        const auto names = root.list(base + "/" + folder);
        if (names && std::ranges::any_of(*names, [](const std::string& name) {
                return name.starts_with("gsp_") && name.contains(".bin");
            }))
            return true;
    }
    return false;
}

} // namespace

std::vector<Library> find_libraries(const Root& root, const std::string& arch,
                                    std::span<const std::string_view> names) {
    std::vector<Library> libraries;
    const Bytes cache = read_cache(root);
    for (const std::string_view name : names) {
        const auto path = find_in_loader_cache(cache, name, arch);
        if (!path || path->empty()) continue;
        const std::string file = final_name(root, *path);
        if (!file.empty()) libraries.push_back({std::string(name), *path, version_in(file)});
    }
    return libraries;
}

std::vector<std::string> read_cached_libraries(const Root& root, const Host& host) {
    const Bytes cache = read_cache(root);
    return names_in_loader_cache(cache, active_lib_folder, host.arch)
        .value_or(std::vector<std::string>{});
}

Companions read_companions(const Root& root, const Host& host, const std::string& version) {
    Companions companions;
    companions.libraries = find_libraries(root, host.arch, judged_libraries);
    companions.firmware_path = firmware_setting(root);
    const std::string folder = "nvidia/" + version;
    if (!has_firmware(root, host, folder)) companions.missing_firmware = folder + "/gsp_*.bin";
    return companions;
}

} // namespace gpuboot::input
