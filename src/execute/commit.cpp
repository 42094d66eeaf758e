// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/commit.hpp"

#include <fcntl.h>

#include "base/names.hpp"
#include "execute/fitness.hpp"
#include "execute/marker_text.hpp"
#include "execute/purge.hpp"
#include "execute/sharing.hpp"
#include "execute/space.hpp"

namespace gpuboot::execute {

namespace {

std::string in_store(std::string_view prefix, const std::string& id) {
    return std::string(names::store) + "/" + std::string(prefix) + id;
}

class Commit {
  public:
    Commit(const Root& root, Effects& effects, const model::Marker& marker,
           const std::vector<Product>& products, const std::string& userspace)
        : root_(root), effects_(effects), marker_(marker), products_(products),
          userspace_(userspace), unfinished_(in_store(names::unfinished_prefix, marker.id)),
          final_(bake_path(marker.id)) {}

    Result<void> stage() {
        if (root_.status(unfinished_)) // a leftover that recovery could not remove
            return fail(Errc::Io, unfinished_ + " is in the way and could not be removed");
        const std::string modules = unfinished_ + "/modules";
        for (const std::string& directory : {unfinished_, modules})
            if (auto made = effects_.ensure_directory(directory, 0755); !made) return made;
        for (const Product& product : products_)
            if (auto created = effects_.create_file(unfinished_ + "/" + product.module.path,
                                                    product.bytes, 0644);
                !created)
                return created;
        if (auto synced = effects_.sync_directory(modules); !synced) return synced;
        if (auto bundled = bundle(); !bundled) return bundled;
        share_with_others(root_, effects_, unfinished_, files());
        const std::string marker = unfinished_ + "/" + std::string(names::marker_file);
        if (auto created = effects_.create_file(marker, bytes_of(marker_text(marker_)), 0644);
            !created)
            return created;
        if (auto synced = effects_.sync_directory(unfinished_); !synced) return synced;
        if (auto why = unfit(root_, unfinished_, marker_); !why.empty())
            return fail(Errc::Io, "the finished bake reads back wrong: " + why);
        return {};
    }

    Result<void> publish(Existing existing) {
        for (;;) {
            auto renamed = effects_.rename_to_new(unfinished_, final_);
            if (renamed) return effects_.sync_directory(names::store);
            if (renamed.error().sys == EINVAL)
                return forward(std::move(renamed).error(),
                               "the store's file system cannot rename safely; keep it on ext4, "
                               "xfs or btrfs");
            if (renamed.error().sys != EEXIST) return renamed;
            if (existing == Existing::Keep && unfit(root_, final_, marker_).empty())
                return effects_.sync_directory(names::store); // ours is garbage now
            if (auto cleared = clear_place(); !cleared) return cleared;
        }
    }

    /// Best effort: a leftover is garbage by its name.
    void tidy() {
        (void)effects_.remove_tree(unfinished_);
        if (!cleared_.empty()) (void)discard(root_, effects_, cleared_);
    }

  private:
    [[nodiscard]] std::vector<std::string> files() const {
        std::vector<std::string> paths;
        paths.reserve(products_.size() + marker_.bundled.size());
        for (const Product& product : products_)
            paths.push_back(product.module.path);
        for (const model::BundledFile& file : marker_.bundled)
            if (file.target.empty()) paths.push_back(file.path);
        return paths;
    }

    Result<void> bundle() {
        const auto folders = model::folders_in(marker_.bundled);
        for (const std::string& folder : folders)
            if (auto made = effects_.ensure_directory(unfinished_ + "/" + folder, 0755); !made)
                return made;
        for (const model::BundledFile& file : marker_.bundled)
            if (auto put = file.target.empty()
                               ? copy(file)
                               : effects_.replace_link(unfinished_ + "/" + file.path, file.target);
                !put)
                return put;
        for (const std::string& folder : folders)
            if (auto synced = effects_.sync_directory(unfinished_ + "/" + folder); !synced)
                return synced;
        return {};
    }

    /// With a mode of its own making: whatever setuid bit it had stays behind (F-115).
    Result<void> copy(const model::BundledFile& file) {
        const std::string from = userspace_ + "/" + file.path;
        auto fd = root_.open_at(from, O_RDONLY | O_NOFOLLOW);
        if (!fd) return forward(std::move(fd).error());
        if (auto regular = require_regular(fd->get(), from); !regular)
            return forward(std::move(regular).error());
        const unsigned mode = file.path.starts_with("bin/") ? 0755 : 0644;
        auto sha256 = effects_.copy_file(fd->get(), unfinished_ + "/" + file.path, mode);
        if (!sha256) return forward(std::move(sha256).error());
        if (*sha256 != file.sha256)
            return fail(Errc::BadInput, from + " was changed while it was copied");
        return {};
    }

    Result<void> clear_place() {
        auto hidden = hide(effects_, final_, marker_.id);
        if (!hidden) return forward(std::move(hidden).error());
        cleared_ = std::move(*hidden);
        return {};
    }

    const Root& root_;
    Effects& effects_;
    const model::Marker& marker_;
    const std::vector<Product>& products_;
    const std::string& userspace_;
    std::string unfinished_, final_, cleared_;
};

} // namespace

std::string bake_path(const std::string& id) { return in_store("", id); }

Result<void> commit_bake(const Root& root, Effects& effects, model::Marker marker,
                         const std::vector<Product>& products, Existing existing,
                         const std::string& userspace) {
    std::uint64_t bytes = 0;
    for (const model::BundledFile& file : marker.bundled)
        bytes += file.size;
    for (const Product& product : products) {
        marker.modules.push_back(product.module);
        bytes += product.module.size;
    }
    if (auto made = effects.ensure_directory(names::store, 0755); !made) return made;
    if (auto room =
            require_space(root, names::store, bytes, products.size() + marker.bundled.size() + 3);
        !room)
        return room;
    Commit commit(root, effects, marker, products, userspace);
    auto committed = commit.stage();
    if (committed) committed = commit.publish(existing);
    commit.tidy();
    return committed;
}

} // namespace gpuboot::execute
