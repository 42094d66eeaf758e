// SPDX-License-Identifier: LGPL-2.1-or-later
#include "source/tree_digest.hpp"

#include <fcntl.h>

#include <algorithm>

namespace gpuboot::source {

namespace {

/// sha256sum escapes such names, and no build needs them.
bool is_plain(std::string_view name) {
    return std::ranges::none_of(name, [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '\\';
    });
}

class Walk {
  public:
    Walk(const Root& root, Tree& tree, const TreeLimits& limits)
        : root_(root), tree_(tree), limits_(limits) {}

    /// `below` is "" for the tree itself, else "nvidia/hal/".
    Result<void> into(const std::string& below, std::size_t depth) {
        if (depth > limits_.depth)
            return fail(Errc::BadInput, tree_.path + "/" + below + ": nested more than " +
                                            std::to_string(limits_.depth) + " deep");
        auto names = root_.list(tree_.path + "/" + below, limits_.entries);
        if (!names) return forward(std::move(names).error());
        for (const std::string& name : *names)
            if (auto took = take(below + name, depth); !took) return took;
        return {};
    }

  private:
    Result<void> take(const std::string& path, std::size_t depth) {
        const std::string full = tree_.path + "/" + path;
        if (!is_plain(path))
            return fail(Errc::BadInput, tree_.path + ": holds a file name with control characters");
        if (tree_.files.size() + tree_.links.size() + tree_.directories.size() == limits_.entries)
            return fail(Errc::BadInput, tree_.path + ": holds more than " +
                                            std::to_string(limits_.entries) + " files");
        auto status = root_.status(full);
        if (!status) return forward(std::move(status).error());
        if (S_ISDIR(status->st_mode)) {
            tree_.directories.push_back(path);
            return into(path + "/", depth + 1);
        }
        if (S_ISLNK(status->st_mode) && limits_.links) return take_link(path);
        if (!S_ISREG(status->st_mode))
            return fail(Errc::BadInput, full + ": a source tree holds regular files only, this is "
                                               "a symlink, a device or a FIFO");
        tree_.files.push_back({path, (status->st_mode & 0111) != 0});
        tree_.bytes += static_cast<std::uint64_t>(status->st_size);
        if (tree_.bytes > limits_.bytes)
            return fail(Errc::BadInput, tree_.path + ": holds more than " +
                                            std::to_string(limits_.bytes >> 20) + " MiB");
        return {};
    }

    Result<void> take_link(const std::string& path) {
        auto target = root_.read_link(tree_.path + "/" + path);
        if (!target) return forward(std::move(target).error());
        tree_.links.push_back({path, std::move(*target)});
        return {};
    }

    const Root& root_;
    Tree& tree_;
    const TreeLimits& limits_;
};

} // namespace

Result<Tree> list_tree(const Root& root, const std::string& path, const TreeLimits& limits) {
    Tree tree;
    tree.path = path;
    if (auto walked = Walk(root, tree, limits).into("", 0); !walked)
        return forward(std::move(walked).error());
    std::ranges::sort(tree.files, {}, &TreeFile::path);
    std::ranges::sort(tree.links, {}, &TreeLink::path);
    return tree;
}

void TreeDigest::add(std::string_view path, std::string_view file_sha256) {
    sum_.add(bytes_of(file_sha256));
    sum_.add(bytes_of("  ./"));
    sum_.add(bytes_of(path));
    sum_.add(bytes_of("\n"));
}

void TreeDigest::add_link(std::string_view path, std::string_view target) {
    for (const std::string_view text :
         {std::string_view("./"), path, std::string_view(" -> "), target, std::string_view("\n")})
        sum_.add(bytes_of(text));
}

Result<std::string> digest_tree(const Root& root, const Tree& tree) {
    TreeDigest digest;
    for (const TreeFile& file : tree.files) {
        const std::string path = tree.path + "/" + file.path;
        auto fd = root.open_at(path, O_RDONLY | O_NOFOLLOW);
        if (!fd) return forward(std::move(fd).error());
        if (auto regular = require_regular(fd->get(), path); !regular)
            return forward(std::move(regular).error());
        auto hex = read_hashed(fd->get(), file_limit, [](ByteView) { return Result<void>(); });
        if (!hex) return forward(std::move(hex).error(), path);
        digest.add(file.path, *hex);
    }
    return digest.hex();
}

std::string digest_command(const std::string& tree) {
    return "(cd " + tree +
           " && find . -type f | LC_ALL=C sort | xargs -d '\\n' sha256sum | sha256sum)";
}

} // namespace gpuboot::source
