// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/system_effects.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <vector>

#include "base/handle.hpp"
#include "execute/kernel_modules.hpp"

namespace gpuboot::execute {

namespace {

using Directory = Handle<DIR, closedir>;

/// A name and the directory it stands in, opened: the last step of a path is never followed.
struct Place {
    Fd parent;
    std::string name;
};

Result<Place> place_of(const Root& root, std::string_view path) {
    const auto slash = path.rfind('/');
    if (slash == std::string_view::npos || slash + 1 == path.size())
        return fail(Errc::Internal, std::string(path) + ": wanted an absolute path");
    auto parent = root.open_at(slash == 0 ? "/" : path.substr(0, slash), O_PATH | O_DIRECTORY);
    if (!parent) return forward(std::move(parent).error());
    return Place{std::move(*parent), std::string(path.substr(slash + 1))};
}

Result<void> write_all(int fd, ByteView bytes, std::string_view path) {
    while (!bytes.empty()) {
        const ssize_t wrote = ::write(fd, bytes.data(), bytes.size());
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) return fail_errno("writing " + std::string(path));
        bytes = bytes.subspan(static_cast<std::size_t>(wrote));
    }
    return {};
}

enum class Force { ToDisk, Nothing };

Result<void> write_new(const Place& place, std::string_view path, ByteView bytes, unsigned mode,
                       Force force) {
    Fd fd(::openat(place.parent.get(), place.name.c_str(),
                   O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd) return fail_errno("creating " + std::string(path));
    if (auto wrote = write_all(fd.get(), bytes, path); !wrote) return wrote;
    if (::fchmod(fd.get(), mode) != 0) return fail_errno("fchmod " + std::string(path));
    // A failed fsync is never tried again: Linux has dropped the dirty pages by then (F-23).
    if (force == Force::ToDisk && ::fsync(fd.get()) != 0)
        return fail_errno("fsync " + std::string(path));
    if (fd.close() != 0) return fail_errno("closing " + std::string(path));
    return {};
}

/// Beside the final name, so that the rename stays in one directory.
Place beside(Place&& place) {
    place.name = "." + place.name + "." + std::to_string(::getpid());
    (void)::unlinkat(place.parent.get(), place.name.c_str(), 0); // ours, from a killed process
    return std::move(place);
}

Result<void> rename_over(const Place& temporary, std::string_view path) {
    const std::string name(path.substr(path.rfind('/') + 1));
    const int parent = temporary.parent.get();
    if (::renameat(parent, temporary.name.c_str(), parent, name.c_str()) == 0) return {};
    auto failed = fail_errno("renaming to " + std::string(path));
    (void)::unlinkat(parent, temporary.name.c_str(), 0);
    return failed;
}

Result<void> empty_directory(int fd, const std::string& path) {
    Directory directory(fdopendir(fd));
    if (!directory) return fail_errno(path);
    while (const dirent* entry = readdir(directory.get())) {
        const std::string name = entry->d_name;
        if (name == "." || name == "..") continue;
        if (::unlinkat(dirfd(directory.get()), name.c_str(), 0) == 0) continue;
        if (errno != EISDIR && errno != EPERM) return fail_errno("removing " + path + "/" + name);
        const int nested = ::openat(dirfd(directory.get()), name.c_str(),
                                    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (nested < 0) return fail_errno("removing " + path + "/" + name);
        if (auto emptied = empty_directory(nested, path + "/" + name); !emptied) return emptied;
        if (::unlinkat(dirfd(directory.get()), name.c_str(), AT_REMOVEDIR) != 0)
            return fail_errno("removing " + path + "/" + name);
    }
    return {};
}

/// Absent is fine, and so is a path that leads nowhere.
Result<void> unlink_name(const Root& root, std::string_view path, int flags) {
    auto place = place_of(root, path);
    if (!place && place.error().code == Errc::NotFound) return {};
    if (!place) return forward(std::move(place).error());
    if (::unlinkat(place->parent.get(), place->name.c_str(), flags) != 0 && errno != ENOENT)
        return fail_errno("removing " + std::string(path));
    return {};
}

bool is_that_node(const struct stat& status, const model::MakeNode& node) {
    return S_ISCHR(status.st_mode) && status.st_rdev == makedev(node.major, node.minor);
}

} // namespace

Result<void> SystemEffects::ensure_directory(std::string_view path, unsigned mode) {
    for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
        const std::string_view part = path.substr(0, end);
        auto place = place_of(root_, part);
        if (!place) return forward(std::move(place).error());
        const bool last = end == std::string_view::npos;
        if (::mkdirat(place->parent.get(), place->name.c_str(), last ? mode : 0755) != 0 &&
            errno != EEXIST)
            return fail_errno("making directory " + std::string(part));
        if (!last) continue;
        auto made = root_.open_at(path, O_PATH | O_DIRECTORY); // EEXIST may have been a file
        return made ? Result<void>() : forward(std::move(made).error(), "making directory");
    }
}

Result<void> SystemEffects::create_file(std::string_view path, ByteView bytes, unsigned mode) {
    auto place = place_of(root_, path);
    if (!place) return forward(std::move(place).error());
    return write_new(*place, path, bytes, mode, Force::ToDisk);
}

Result<void> SystemEffects::replace_file(std::string_view path, std::string_view text,
                                         unsigned mode) {
    auto place = place_of(root_, path);
    if (!place) return forward(std::move(place).error());
    const Place temporary = beside(std::move(*place));
    if (auto wrote = write_new(temporary, path, bytes_of(text), mode, Force::Nothing); !wrote) {
        (void)::unlinkat(temporary.parent.get(), temporary.name.c_str(), 0);
        return wrote;
    }
    return rename_over(temporary, path);
}

Result<void> SystemEffects::write_setting(std::string_view path, std::string_view text) {
    auto fd = root_.open_at(path, O_WRONLY | O_NOFOLLOW);
    if (!fd) return forward(std::move(fd).error());
    return write_all(fd->get(), bytes_of(text), path);
}

Result<void> SystemEffects::replace_record(std::string_view path, std::string_view text) {
    auto place = place_of(root_, path);
    if (!place) return forward(std::move(place).error());
    const Place temporary = beside(std::move(*place));
    if (auto wrote = write_new(temporary, path, bytes_of(text), 0644, Force::ToDisk); !wrote) {
        (void)::unlinkat(temporary.parent.get(), temporary.name.c_str(), 0);
        return wrote;
    }
    if (auto renamed = rename_over(temporary, path); !renamed) return renamed;
    return sync_directory(path.substr(0, path.rfind('/')));
}

Result<void> SystemEffects::replace_settings(std::string_view path, std::string_view text) {
    auto place = place_of(root_, path);
    if (!place) return forward(std::move(place).error());
    struct stat before{};
    const bool there =
        ::fstatat(place->parent.get(), place->name.c_str(), &before, AT_SYMLINK_NOFOLLOW) == 0;
    if (there && !S_ISREG(before.st_mode))
        return fail(Errc::BadInput, std::string(path) + ": wanted a plain file");
    const Place temporary = beside(std::move(*place));
    const int parent = temporary.parent.get();
    const unsigned mode = there ? before.st_mode & 0777 : 0644;
    auto wrote = write_new(temporary, path, bytes_of(text), mode, Force::ToDisk);
    // Only where it has to be: most units may not call this at all.
    struct stat made{};
    const bool same = ::fstatat(parent, temporary.name.c_str(), &made, AT_SYMLINK_NOFOLLOW) == 0 &&
                      made.st_uid == before.st_uid && made.st_gid == before.st_gid;
    if (wrote && there && !same &&
        ::fchownat(parent, temporary.name.c_str(), before.st_uid, before.st_gid,
                   AT_SYMLINK_NOFOLLOW) != 0)
        wrote = fail_errno(std::string(path));
    if (!wrote) {
        (void)::unlinkat(parent, temporary.name.c_str(), 0);
        return wrote;
    }
    if (auto renamed = rename_over(temporary, path); !renamed) return renamed;
    return sync_directory(path.substr(0, path.rfind('/')));
}

Result<void> SystemEffects::replace_link(std::string_view path, std::string_view target) {
    auto place = place_of(root_, path);
    if (!place) return forward(std::move(place).error());
    const Place temporary = beside(std::move(*place));
    if (::symlinkat(std::string(target).c_str(), temporary.parent.get(), temporary.name.c_str()) !=
        0)
        return fail_errno("linking " + std::string(path));
    return rename_over(temporary, path);
}

Result<void> SystemEffects::sync_directory(std::string_view path) {
    auto fd = root_.open_at(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!fd) return forward(std::move(fd).error());
    if (::fsync(fd->get()) != 0) return fail_errno("fsync " + std::string(path));
    return {};
}

Result<void> SystemEffects::rename_to_new(std::string_view from, std::string_view to) {
    auto source = place_of(root_, from);
    if (!source) return forward(std::move(source).error());
    auto target = place_of(root_, to);
    if (!target) return forward(std::move(target).error());
    if (::renameat2(source->parent.get(), source->name.c_str(), target->parent.get(),
                    target->name.c_str(), RENAME_NOREPLACE) != 0)
        return fail_errno("renaming " + std::string(from) + " to " + std::string(to));
    return {};
}

Result<void> SystemEffects::remove(std::string_view path) { return unlink_name(root_, path, 0); }

Result<void> SystemEffects::remove_empty(std::string_view path) {
    return unlink_name(root_, path, AT_REMOVEDIR);
}

Result<void> SystemEffects::remove_tree(std::string_view path) {
    auto fd = root_.open_at(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!fd && fd.error().sys == ENOENT) return {}; // ENOTDIR: something is there
    if (!fd) return forward(std::move(fd).error());
    if (auto emptied = empty_directory(fd->release(), std::string(path)); !emptied) return emptied;
    auto place = place_of(root_, path);
    if (!place) return forward(std::move(place).error());
    if (::unlinkat(place->parent.get(), place->name.c_str(), AT_REMOVEDIR) != 0)
        return fail_errno("removing " + std::string(path));
    return {};
}

Result<void> SystemEffects::load_module(std::string_view name, ByteView image) {
    return insert_image(std::string(name), image);
}

Result<void> SystemEffects::unload_module(std::string_view name) {
    if (auto removed = remove_module(std::string(name)); !removed) return removed;
    const std::string shown = "/sys/module/" + std::string(name);
    if (!root_.exists(shown + "/initstate")) return {};  // gone, or built in and never ours
    return fail_errno(shown + " is still there", EBUSY); // S1-25
}

Result<void> SystemEffects::load_system_module(std::string_view name) {
    return insert_from_tree(std::string(name));
}

Result<void> SystemEffects::make_node(const model::MakeNode& node) {
    auto place = place_of(root_, node.path);
    if (!place) return forward(std::move(place).error());
    const int parent = place->parent.get();
    const char* name = place->name.c_str();
    struct stat status{};
    const bool present = ::fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
    // What lies there and is no device is not ours to remove (F-90).
    if (present && !S_ISCHR(status.st_mode))
        return fail(Errc::BadInput, node.path + " exists and is no character device");
    if (present && !is_that_node(status, node) && ::unlinkat(parent, name, 0) != 0)
        return fail_errno("replacing " + node.path);
    if (!(present && is_that_node(status, node)) &&
        ::mknodat(parent, name, S_IFCHR | 0600, makedev(node.major, node.minor)) != 0)
        return fail_errno("making node " + node.path);
    Fd fd(::openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!fd) return fail_errno(node.path);
    // Owner first: chown would clear mode bits. fchmod(2) refuses O_PATH, hence the magic link.
    if (::fchownat(fd.get(), "", node.uid, node.gid, AT_EMPTY_PATH) != 0)
        return fail_errno("owner of " + node.path);
    const std::string itself = "/proc/self/fd/" + std::to_string(fd.get());
    if (::chmod(itself.c_str(), node.mode) != 0) return fail_errno("mode of " + node.path);
    return {};
}

Result<ToolResult> SystemEffects::run(const Tool& tool) { return run_tool(tool); }

} // namespace gpuboot::execute
