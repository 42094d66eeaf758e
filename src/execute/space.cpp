// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/space.hpp"

#include <fcntl.h>
#include <sys/statvfs.h>

namespace gpuboot::execute {

Result<void> require_space(const Root& root, std::string_view path, std::uint64_t bytes,
                           std::uint64_t files) {
    constexpr std::uint64_t mib = std::uint64_t{1} << 20;
    auto fd = root.open_at(path, O_RDONLY | O_DIRECTORY);
    if (!fd) return forward(std::move(fd).error());
    struct statvfs now{};
    if (::fstatvfs(fd->get(), &now) != 0) return fail_errno(std::string(path));
    if ((now.f_flag & ST_RDONLY) != 0) return fail(Errc::Io, std::string(path) + " is read-only");
    const std::uint64_t wanted = bytes + bytes / 5 + 64 * mib;
    const std::uint64_t free = std::uint64_t{now.f_bavail} * now.f_frsize;
    if (free < wanted)
        return fail(Errc::Io, "needs " + std::to_string(wanted / mib) + " MiB in " +
                                  std::string(path) + ", " + std::to_string(free / mib) + " free");
    // A file system that counts no inodes (btrfs) says 0 of 0.
    if (now.f_files != 0 && now.f_favail < files + files / 5 + 64)
        return fail(Errc::Io, "needs " + std::to_string(files + files / 5 + 64) + " inodes in " +
                                  std::string(path) + ", " + std::to_string(now.f_favail) +
                                  " free");
    return {};
}

} // namespace gpuboot::execute
