// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/build_area.hpp"

#include <fcntl.h>

#include "base/names.hpp"

namespace gpuboot::execute {

BuildArea::BuildArea(const Root& root, Effects& effects, const std::string& id)
    : root_(root), effects_(effects), path_(std::string(names::build_directory) + "/" + id) {}

BuildArea::~BuildArea() {
    // What cannot be removed now is garbage by its place, and tried again at the next bake.
    (void)remove_build(effects_, path_);
}

Result<void> BuildArea::fill(const source::Recipe& recipe, const Answers& kept,
                             const BuildUser& user) {
    if (root_.status(path_)) // a leftover that recovery could not remove
        return fail(Errc::Io, path_ + " is in the way and could not be removed");
    if (auto copied = copy(recipe, user); !copied)
        return forward(std::move(copied).error(), "copying the source");
    if (auto laid = lay_answers(effects_, tree(), kept, {user.uid, user.gid}); !laid)
        return forward(std::move(laid).error(), "laying what conftest found out before");
    // Until here only root could enter: nobody saw the copy unfinished.
    return effects_.give_away(path_, {user.uid, user.gid});
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
        if (auto given = effects_.give_away(directories[i], {user.uid, user.gid}); !given)
            return given;
    return {};
}

Result<std::string> BuildArea::copy_file(const source::Tree& from, const source::TreeFile& file,
                                         const BuildUser& user) {
    const std::string source = from.path + "/" + file.path, target = tree() + "/" + file.path;
    auto in = root_.open_at(source, O_RDONLY | O_NOFOLLOW);
    if (!in) return forward(std::move(in).error());
    if (auto regular = require_regular(in->get(), source); !regular)
        return forward(std::move(regular).error());
    return effects_.copy_for(in->get(), target, {user.uid, user.gid},
                             file.executable ? 0755 : 0644);
}

Result<void> remove_build(Effects& effects, const std::string& path) {
    if (auto taken = effects.take_back(path); !taken) return taken;
    return effects.remove_tree(path);
}

} // namespace gpuboot::execute
