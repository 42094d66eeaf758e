// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/reclaim.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vector>

#include "base/fd.hpp"
#include "base/handle.hpp"

namespace gpuboot::execute {

namespace {

using Directory = Handle<DIR, closedir>;

constexpr int deepest = 64;

Result<std::vector<std::string>> directories_in(int fd, const std::string& path) {
    Fd again(::openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!again) return fail_errno(path);
    Directory directory(fdopendir(again.get()));
    if (!directory) return fail_errno(path);
    (void)again.release(); // closedir owns it now
    std::vector<std::string> names;
    while (const dirent* entry = readdir(directory.get())) {
        const std::string name = entry->d_name;
        struct stat status{};
        if (name != "." && name != ".." &&
            ::fstatat(fd, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISDIR(status.st_mode))
            names.push_back(name);
    }
    return names;
}

class Reclaimer {
  public:
    Reclaimer(int top, const std::string& path) : top_(top), path_(path) {}

    Result<void> take(int fd, int depth) {
        if (::fchown(fd, ::geteuid(), ::getegid()) != 0 || ::fchmod(fd, 0700) != 0)
            return fail_errno("taking back " + path_);
        auto names = directories_in(fd, path_);
        if (!names) return forward(std::move(names).error());
        for (const std::string& name : *names) {
            // Moved up, it is met again on the next round, at depth 1.
            if (depth == deepest) {
                if (auto lifted = lift(fd, name); !lifted) return lifted;
                continue;
            }
            auto nested = open_directory(fd, name);
            if (!nested) return forward(std::move(nested).error());
            if (auto took = take(nested->get(), depth + 1); !took) return took;
        }
        return {};
    }

    bool lifted() { return std::exchange(lifted_, false); }

  private:
    /// Its mode may forbid even its owner to open it, so that comes first, on a handle that no
    /// leftover process can swap for a symlink; fchmod(2) refuses O_PATH, hence the magic link.
    Result<Fd> open_directory(int parent, const std::string& name) {
        constexpr int flags = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
        const Fd handle(::openat(parent, name.c_str(), O_PATH | flags));
        const std::string itself = "/proc/self/fd/" + std::to_string(handle.get());
        if (!handle || ::fchownat(handle.get(), "", ::geteuid(), ::getegid(), AT_EMPTY_PATH) != 0 ||
            ::chmod(itself.c_str(), 0700) != 0)
            return fail_errno("taking back " + path_);
        Fd fd(::openat(handle.get(), ".", O_RDONLY | flags));
        if (!fd) return fail_errno("taking back " + path_);
        return fd;
    }

    Result<void> lift(int parent, const std::string& name) {
        const std::string above = ".deep-" + std::to_string(count_++);
        // Moving a directory changes its "..", which takes the right to write into it.
        if (auto opened = open_directory(parent, name); !opened)
            return forward(std::move(opened).error());
        if (::renameat2(parent, name.c_str(), top_, above.c_str(), RENAME_NOREPLACE) != 0 &&
            errno != EEXIST)
            return fail_errno("taking back " + path_);
        lifted_ = true;
        return {};
    }

    int top_;
    const std::string& path_;
    std::size_t count_ = 0;
    bool lifted_ = false;
};

} // namespace

Result<void> reclaim(int directory, const std::string& path) {
    Reclaimer reclaimer(directory, path);
    do {
        if (auto took = reclaimer.take(directory, 0); !took) return took;
    } while (reclaimer.lifted());
    return {};
}

} // namespace gpuboot::execute
