// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/kernel_vermagic.hpp"

#include <fcntl.h>

#include <optional>

#include "base/compression.hpp"
#include "input/module_image.hpp"

namespace gpuboot::input {

namespace {

constexpr std::size_t module_limit = std::size_t{64} << 20;
constexpr int folders_at_most = 64; // Debian's tree shows the first module in its third folder
constexpr int deepest = 8;

bool is_module(std::string_view name) {
    name.remove_suffix(suffix_of(compression_of_file(name)).size());
    return name.ends_with(".ko");
}

std::string vermagic_of(const Root& root, const std::string& path, const std::string& arch) {
    auto fd = root.open_at(path, O_RDONLY);
    if (!fd || !require_regular(fd->get(), path)) return "";
    auto bytes = read_rest(fd->get(), module_limit);
    const Compression packed = compression_of_file(path);
    if (bytes && packed != Compression::None) bytes = decompress(packed, *bytes, module_limit);
    if (!bytes) return "";
    auto image = read_module_image(*bytes, arch);
    return image ? image->vermagic : "";
}

/// Modules first, then folders, in the order of their names; absent: none in here.
std::optional<std::string> first_module(const Root& root, const std::string& folder, int depth,
                                        int& folders) {
    if (depth > deepest || ++folders > folders_at_most) return std::nullopt;
    const auto names = root.list(folder);
    if (!names) return std::nullopt;
    for (const std::string& name : *names)
        if (is_module(name)) return folder + "/" + name;
    for (const std::string& name : *names)
        if (auto found = first_module(root, folder + "/" + name, depth + 1, folders)) return found;
    return std::nullopt;
}

} // namespace

std::string read_kernel_vermagic(const Root& root, const std::string& kernel,
                                 const std::string& arch) {
    int folders = 0;
    const auto path = first_module(root, "/lib/modules/" + kernel + "/kernel", 0, folders);
    if (!path) return "";
    std::string vermagic = vermagic_of(root, *path, arch);
    return vermagic.starts_with(kernel + " ") ? vermagic : "";
}

} // namespace gpuboot::input
