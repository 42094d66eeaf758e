// SPDX-License-Identifier: LGPL-2.1-or-later
#include "source/userspace.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/digest.hpp"
#include "source/soname.hpp"
#include "source/tree_digest.hpp"

namespace gpuboot::source {

namespace {

using model::BundledFile;

constexpr TreeLimits limits{
    .entries = 4096, .bytes = std::uint64_t{4} << 30, .depth = 12, .links = true};

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

/// NVIDIA names its own libraries by the driver's version, and those of others by theirs: no driver
/// has had a version of less than three digits in front since 2006.
std::string driver_version_in(std::string_view name) {
    const auto suffix = name.find(".so.");
    if (!name.starts_with("lib") || suffix == std::string_view::npos) return "";
    const std::string_view version = name.substr(suffix + 4);
    const auto dot = version.find('.');
    const bool is_drivers = dot != std::string_view::npos && dot >= 3 && model::is_version(version);
    return is_drivers ? std::string(version) : "";
}

/// firmware/nvidia/535.261.03/gsp_tu10x.bin
std::string firmware_version_in(std::string_view path) {
    constexpr std::string_view folder = "firmware/nvidia/";
    if (!path.starts_with(folder)) return "";
    path.remove_prefix(folder.size());
    const auto slash = path.find('/');
    return slash == std::string_view::npos ? "" : std::string(path.substr(0, slash));
}

Result<void> judge_versions(const std::string& folder, const std::vector<BundledFile>& files,
                            const std::string& wanted) {
    bool library = false, own = false;
    for (const BundledFile& file : files) {
        const std::string found = file.path.starts_with("lib/")
                                      ? driver_version_in(name_of(file.path))
                                      : firmware_version_in(file.path);
        if (!found.empty() && found != wanted)
            return fail(Errc::BadInput, folder + "/" + file.path + ": wanted driver version " +
                                            wanted + ", as the pin says, found " + found);
        library = library || file.path.starts_with("lib/");
        own = own || file.path == "lib/libcuda.so." + wanted ||
              file.path == "lib/libnvidia-ml.so." + wanted;
    }
    if (library && !own)
        return fail(Errc::BadInput, folder + "/lib: wanted libcuda.so." + wanted +
                                        " or libnvidia-ml.so." + wanted + ", found neither");
    return {};
}

bool holds(const Tree& tree, const std::string& path) {
    const auto file = std::ranges::lower_bound(tree.files, path, {}, &TreeFile::path);
    if (file != tree.files.end() && file->path == path) return true;
    return std::ranges::find(tree.links, path, &TreeLink::path) != tree.links.end() ||
           std::ranges::find(tree.directories, path) != tree.directories.end();
}

/// What it leads to, as a path of the tree. Its grammar has been judged.
std::string destination(const TreeLink& link) {
    std::string folder = link.path.substr(0, link.path.rfind('/'));
    std::string_view target = link.target;
    for (; target.starts_with("../"); target.remove_prefix(3))
        folder = folder.substr(0, folder.rfind('/'));
    return folder + "/" + std::string(target);
}

Result<void> judge_links(const Tree& tree) {
    for (const TreeLink& link : tree.links) {
        const std::string where = tree.path + "/" + link.path;
        if (!model::is_inner_target(link.path, link.target))
            return fail(Errc::BadInput, where + ": wanted a relative symlink that stays inside " +
                                            link.path.substr(0, link.path.find('/')) +
                                            ", found one to " + link.target);
        if (!holds(tree, destination(link)))
            return fail(Errc::BadInput, where + ": leads to " + link.target + ", which is missing");
    }
    return {};
}

/// Every path of the tree, each of which has to lie in one of a bake's folders.
Result<void> judge_layout(const Tree& tree) {
    const auto wrong = [&](const std::string& path) {
        return fail(Errc::BadInput, tree.path + "/" + path +
                                        ": wanted nothing but lib, bin, firmware and share "
                                        "and what lies in them");
    };
    for (const TreeFile& file : tree.files)
        if (!model::is_bundled_path(file.path)) return wrong(file.path);
    for (const TreeLink& link : tree.links)
        if (!model::is_bundled_path(link.path)) return wrong(link.path);
    if (tree.files.empty())
        return fail(Errc::BadInput, tree.path + ": wanted a driver's userspace, found no file");
    return {};
}

Result<BundledFile> read_file(const Root& root, const std::string& folder, const std::string& path,
                              std::string_view arch) {
    const std::string whole = folder + "/" + path;
    auto fd = root.open_at(whole, O_RDONLY | O_NOFOLLOW);
    if (!fd) return forward(std::move(fd).error());
    if (auto regular = require_regular(fd->get(), whole); !regular)
        return forward(std::move(regular).error());
    auto content = gpuboot::read_hashed(fd->get(), file_limit);
    if (!content) return forward(std::move(content).error(), whole);
    BundledFile file{path, "", content->bytes.size(), content->sha256, ""};
    if (path.rfind('/') == 3 && path.starts_with("lib/")) // ldconfig looks no deeper
        file.soname = soname_of(name_of(path), content->bytes, arch);
    return file;
}

Result<Userspace> read_tree(const Root& root, const Tree& tree, std::string_view arch) {
    Userspace userspace{tree.path, "", {}};
    TreeDigest digest;
    for (const TreeFile& listed : tree.files) {
        auto file = read_file(root, tree.path, listed.path, arch);
        if (!file) return forward(std::move(file).error());
        digest.add(file->path, file->sha256);
        userspace.files.push_back(std::move(*file));
    }
    for (const TreeLink& link : tree.links) {
        digest.add_link(link.path, link.target);
        userspace.files.push_back({link.path, link.target, 0, "", ""});
    }
    userspace.sha256 = digest.hex();
    return userspace;
}

std::string digest_command_of(const std::string& folder) {
    return "(cd " + folder +
           " && { find . -type f | LC_ALL=C sort | xargs -d '\\n' sha256sum;"
           " find . -type l -printf '%p -> %l\\n' | LC_ALL=C sort; } | sha256sum)";
}

/// The userspace of a bake: all but its marker and modules.
Result<Userspace> read_bake(const Root& root, const std::string& folder, std::string_view arch) {
    auto tree = list_tree(root, folder, limits);
    if (!tree) return forward(std::move(tree).error());
    std::erase_if(tree->files,
                  [](const TreeFile& file) { return !model::is_bundled_path(file.path); });
    return read_tree(root, *tree, arch);
}

Result<Userspace> read_folder(const Root& root, const model::UserspaceSource& wanted,
                              std::string_view arch) {
    auto tree = list_tree(root, wanted.path, limits);
    if (!tree) return forward(std::move(tree).error());
    if (auto right = judge_layout(*tree); !right) return forward(std::move(right).error());
    if (auto right = judge_links(*tree); !right) return forward(std::move(right).error());
    auto userspace = read_tree(root, *tree, arch);
    if (!userspace || userspace->sha256 == wanted.sha256) return userspace;
    return fail(Errc::BadInput,
                wanted.path + " is not the userspace the pin means: wanted sha256 " +
                    wanted.sha256 + ", found " + userspace->sha256 +
                    "; pin what is there with the sha256 of " + digest_command_of(wanted.path));
}

Result<Userspace> find_in(const Root& root, const std::vector<std::string>& bakes,
                          const model::UserspaceSource& wanted, std::string_view arch) {
    for (const std::string& folder : bakes) {
        auto userspace = read_bake(root, folder, arch);
        if (userspace && userspace->sha256 == wanted.sha256) return userspace;
    }
    return fail(Errc::NotFound, wanted.path + " is missing, and no bake holds the userspace that "
                                              "the pin means; put it there again");
}

} // namespace

Result<Userspace> read_userspace(const Root& root, const model::Pin& pin, std::string_view arch,
                                 const std::vector<std::string>& bakes) {
    const model::UserspaceSource& wanted = *pin.userspace;
    auto userspace = root.exists(wanted.path) ? read_folder(root, wanted, arch)
                                              : find_in(root, bakes, wanted, arch);
    if (!userspace) return userspace;
    if (auto right = judge_versions(userspace->folder, userspace->files, pin.version); !right)
        return forward(std::move(right).error());
    return userspace;
}

} // namespace gpuboot::source
