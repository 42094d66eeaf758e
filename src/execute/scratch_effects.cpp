// SPDX-License-Identifier: LGPL-2.1-or-later
// The part of SystemEffects that copies files, and that deals with the scratch of a compile: what
// is handed to the build user, and what is taken back from it.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "execute/reclaim.hpp"
#include "execute/system_effects.hpp"
#include "source/tree_digest.hpp"

namespace gpuboot::execute {

namespace {

constexpr int directory_itself = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

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

Result<std::string> SystemEffects::copy_file(int source, std::string_view path, unsigned mode) {
    auto out = root_.open_at(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (!out) return forward(std::move(out).error());
    auto sha256 = source::read_hashed(source, source::file_limit,
                                      [&](ByteView part) { return write_all(out->get(), part); });
    if (!sha256) return forward(std::move(sha256).error(), std::string(path));
    if (::fchmod(out->get(), mode) != 0) return fail_errno("fchmod " + std::string(path));
    if (::fsync(out->get()) != 0) return fail_errno("fsync " + std::string(path));
    if (out->close() != 0) return fail_errno("closing " + std::string(path));
    return sha256;
}

Result<std::string> SystemEffects::copy_for(int source, std::string_view path, const Owner& owner,
                                            unsigned mode) {
    auto out = root_.open_at(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
    if (!out) return forward(std::move(out).error());
    auto sha256 = source::read_hashed(source, source::file_limit,
                                      [&](ByteView part) { return write_all(out->get(), part); });
    if (!sha256) return sha256;
    if (::fchmod(out->get(), mode) != 0 || ::fchown(out->get(), owner.uid, owner.gid) != 0 ||
        out->close() != 0)
        return fail_errno(std::string(path));
    return sha256;
}

Result<void> SystemEffects::give_away(std::string_view path, const Owner& owner) {
    auto fd = root_.open_at(path, directory_itself);
    if (!fd) return forward(std::move(fd).error());
    if (::fchown(fd->get(), owner.uid, owner.gid) != 0)
        return fail_errno("handing over " + std::string(path));
    return {};
}

Result<void> SystemEffects::take_back(std::string_view path) {
    auto fd = root_.open_at(path, directory_itself);
    if (!fd && fd.error().code == Errc::NotFound) return {};
    if (!fd) return forward(std::move(fd).error());
    return reclaim(fd->get(), std::string(path));
}

} // namespace gpuboot::execute
