// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/untrusted.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "base/root.hpp"

namespace gpuboot::execute {

namespace {

Result<Fd> open_beneath(int directory, const std::string& path) {
    struct open_how how{};
    how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
    for (int attempt = 0; attempt < 16; ++attempt) {
        const long fd = ::syscall(SYS_openat2, directory, path.c_str(), &how, sizeof how);
        if (fd >= 0) return Fd(static_cast<int>(fd));
        if (errno != EAGAIN && errno != EINTR) break;
    }
    if (errno == ENOENT) return fail(Errc::NotFound, "the build made no " + path);
    if (errno == ELOOP) return fail(Errc::BadInput, path + " is, or lies behind, a symlink");
    return fail_errno("opening " + path);
}

} // namespace

Result<Bytes> read_untrusted(int directory, const std::string& path, std::size_t limit) {
    auto fd = open_beneath(directory, path);
    if (!fd) return forward(std::move(fd).error());
    auto status = require_regular(fd->get(), path);
    if (!status) return forward(std::move(status).error());
    if (status->st_nlink != 1) return fail(Errc::BadInput, path + " has several hard links");
    if (static_cast<std::uint64_t>(status->st_size) > limit) // it may be all holes
        return fail(Errc::BadInput, path + " is larger than " + std::to_string(limit) + " bytes");
    auto bytes = read_rest(fd->get(), limit);
    if (!bytes) return forward(std::move(bytes).error(), path);
    return bytes;
}

} // namespace gpuboot::execute
