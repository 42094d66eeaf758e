// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/build_area.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "base/names.hpp"
#include "execute/reclaim.hpp"

namespace gpuboot::execute {

namespace {

Result<void> write_all(int fd, ByteView bytes) {
    while (!bytes.empty()) {
        const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) return fail_errno("write");
        bytes = bytes.subspan(static_cast<std::size_t>(wrote));
    }
    return {};
}

} // namespace

BuildArea::BuildArea(const Root& root, Effects& effects, const std::string& id)
    : root_(root), effects_(effects), path_(std::string(names::build_directory) + "/" + id) {}

BuildArea::~BuildArea() {
    // What cannot be removed now is garbage by its place, and tried again at the next bake.
    (void)remove_build(root_, effects_, path_);
}

Result<void> BuildArea::fill(const source::Recipe& recipe, const BuildUser& user) {
    if (root_.status(path_)) // a leftover that recovery could not remove
        return fail(Errc::Io, path_ + " is in the way and could not be removed");
    if (auto copied = copy(recipe, user); !copied)
        return forward(std::move(copied).error(), "copying the source");
    // Until here only root could enter: nobody saw the copy unfinished.
    return hand_over(path_, user);
}

Result<void> BuildArea::copy(const source::Recipe& recipe, const BuildUser& user) {
    // 0700 keeps everybody else out; the folders inside need no more than that.
    std::vector<std::string> directories{path_, temporary(), tree()};
    for (const std::string& below : recipe.tree.directories)
        directories.push_back(tree() + "/" + below);
    for (const std::string& directory : directories)
        if (auto made = effects_.ensure_directory(directory, 0700); !made) return made;
    source::TreeDigest digest;
    for (const source::TreeFile& file : recipe.tree.files) {
        auto sha256 = copy_file(recipe.tree, file, user);
        if (!sha256) return forward(std::move(sha256).error(), file.path);
        digest.add(file.path, *sha256);
    }
    if (digest.hex() != recipe.sha256)
        return fail(Errc::Busy, recipe.tree.path + " changed while it was copied");
    for (std::size_t i = 1; i < directories.size(); ++i)
        if (auto handed = hand_over(directories[i], user); !handed) return handed;
    return {};
}

Result<std::string> BuildArea::copy_file(const source::Tree& from, const source::TreeFile& file,
                                         const BuildUser& user) {
    const std::string source = from.path + "/" + file.path, target = tree() + "/" + file.path;
    auto in = root_.open_at(source, O_RDONLY | O_NOFOLLOW);
    if (!in) return forward(std::move(in).error());
    if (auto regular = require_regular(in->get(), source); !regular)
        return forward(std::move(regular).error());
    auto out = root_.open_at(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (!out) return forward(std::move(out).error());
    auto sha256 = source::read_hashed(in->get(), source::file_limit,
                                      [&](ByteView part) { return write_all(out->get(), part); });
    if (!sha256) return sha256;
    if (::fchmod(out->get(), file.executable ? 0755 : 0644) != 0 ||
        ::fchown(out->get(), user.uid, user.gid) != 0)
        return fail_errno(target);
    return sha256;
}

Result<void> BuildArea::hand_over(const std::string& directory, const BuildUser& user) {
    auto fd = root_.open_at(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!fd) return forward(std::move(fd).error());
    if (::fchown(fd->get(), user.uid, user.gid) != 0)
        return fail_errno("handing over " + directory);
    return {};
}

Result<void> remove_build(const Root& root, Effects& effects, const std::string& path) {
    auto fd = root.open_at(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!fd && fd.error().code == Errc::NotFound) return {};
    if (!fd) return forward(std::move(fd).error());
    if (auto reclaimed = reclaim(fd->get(), path); !reclaimed) return reclaimed;
    return effects.remove_tree(path);
}

} // namespace gpuboot::execute
