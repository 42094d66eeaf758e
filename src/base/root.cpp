// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/root.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>

#include "base/handle.hpp"

namespace gpuboot {

namespace {

using Directory = Handle<DIR, closedir>;

std::string_view kind_of(mode_t mode) {
    if (S_ISDIR(mode)) return "a directory";
    if (S_ISFIFO(mode)) return "a FIFO";
    if (S_ISSOCK(mode)) return "a socket";
    if (S_ISLNK(mode)) return "a symlink";
    if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
    return "a regular file";
}

} // namespace

Result<Root> Root::open(const std::string& directory) {
    Fd fd(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return fail_errno("opening the root " + directory);
    return Root(directory, std::move(fd));
}

Result<Fd> Root::open_at(std::string_view path, int flags, unsigned mode) const {
    struct open_how how{};
    how.flags = static_cast<std::uint64_t>(flags) | O_CLOEXEC;
    if ((flags & O_PATH) == 0) how.flags |= O_NONBLOCK | O_NOCTTY;
    how.mode = mode;
    how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
    const std::string name(path);
    // The kernel asks for a retry when a directory is renamed while it walks (openat2(2), EAGAIN).
    for (int attempt = 0; attempt < 16; ++attempt) {
        const long fd = ::syscall(SYS_openat2, fd_.get(), name.c_str(), &how, sizeof how);
        if (fd >= 0) return Fd(static_cast<int>(fd));
        if (errno != EAGAIN && errno != EINTR) break;
    }
    return fail_errno(name);
}

Result<std::string> Root::read_text(std::string_view path, std::size_t limit) const {
    auto fd = open_at(path, O_RDONLY);
    if (!fd) return forward(std::move(fd).error());
    if (auto regular = require_regular(fd->get(), path); !regular)
        return forward(std::move(regular).error());
    auto bytes = read_rest(fd->get(), limit);
    if (!bytes) return forward(std::move(bytes).error(), path);
    return std::string(text_of(*bytes));
}

Result<std::vector<std::string>> Root::list(std::string_view path, std::size_t limit) const {
    auto fd = open_at(path, O_RDONLY | O_DIRECTORY);
    if (!fd) return forward(std::move(fd).error());
    Directory directory(fdopendir(fd->get()));
    if (!directory) return fail_errno(std::string(path));
    (void)fd->release(); // closedir owns it now
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = readdir(directory.get())) {
        const std::string_view name = entry->d_name;
        if (name == "." || name == "..") continue;
        if (names.size() == limit)
            return fail(Errc::BadInput,
                        std::string(path) + ": more than " + std::to_string(limit) + " entries");
        names.emplace_back(name);
        errno = 0;
    }
    if (errno != 0) return fail_errno(std::string(path));
    std::ranges::sort(names);
    return names;
}

Result<std::string> Root::read_link(std::string_view path) const {
    auto fd = open_at(path, O_PATH | O_NOFOLLOW);
    if (!fd) return forward(std::move(fd).error());
    std::array<char, 4096> target{};
    const ssize_t length = ::readlinkat(fd->get(), "", target.data(), target.size());
    if (length < 0) return fail_errno(std::string(path));
    return std::string(target.data(), static_cast<std::size_t>(length));
}

Result<struct stat> Root::status(std::string_view path) const {
    auto fd = open_at(path, O_PATH | O_NOFOLLOW);
    if (!fd) return forward(std::move(fd).error());
    struct stat status{};
    if (::fstat(fd->get(), &status) != 0) return fail_errno(std::string(path));
    return status;
}

bool Root::exists(std::string_view path) const { return open_at(path, O_PATH).has_value(); }

Result<void> read_chunks(int fd, std::size_t limit, Bytes& bytes,
                         const std::function<void(ByteView)>& on_chunk) {
    struct stat status{};
    if (::fstat(fd, &status) != 0) return fail_errno("fstat");
    // One byte more than the size lets the usual file end without a second allocation.
    bytes.resize(std::min(limit, static_cast<std::size_t>(status.st_size)) + 1);
    std::size_t used = 0;
    for (;;) {
        if (used == bytes.size()) bytes.resize(std::min(limit + 1, bytes.size() * 2 + 4096));
        const std::size_t room = std::min(read_chunk, bytes.size() - used);
        const ssize_t got = ::read(fd, bytes.data() + used, room);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_errno("read");
        if (got == 0) break;
        on_chunk(ByteView(bytes).subspan(used, static_cast<std::size_t>(got)));
        used += static_cast<std::size_t>(got);
        if (used > limit)
            return fail(Errc::BadInput, "larger than " + std::to_string(limit) + " bytes");
    }
    bytes.resize(used);
    return {};
}

Result<Bytes> read_rest(int fd, std::size_t limit) {
    Bytes bytes;
    auto read = read_chunks(fd, limit, bytes, [](ByteView) {});
    if (!read) return forward(std::move(read).error());
    return bytes;
}

Result<struct stat> require_regular(int fd, std::string_view path) {
    struct stat status{};
    if (::fstat(fd, &status) != 0) return fail_errno(std::string(path));
    if (!S_ISREG(status.st_mode))
        return fail(Errc::BadInput, std::string(path) + ": wanted a regular file, found " +
                                        std::string(kind_of(status.st_mode)));
    return status;
}

} // namespace gpuboot
