// SPDX-License-Identifier: LGPL-2.1-or-later
// The part of SystemEffects that copies and shares files, and that deals with the scratch of a
// compile: what is handed to the build user, and what is taken back from it.
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>

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

/// How many bytes from `at` on are common now: a file system takes as many in one call as it likes.
/// The call's argument ends in an array, here of one (ioctl_fideduperange(2)).
Result<std::uint64_t> share(int own, int other, std::uint64_t at, std::uint64_t length) {
    alignas(file_dedupe_range)
        std::array<std::byte, sizeof(file_dedupe_range) + sizeof(file_dedupe_range_info)>
            argument{};
    auto* call = reinterpret_cast<file_dedupe_range*>(argument.data());
    auto* target = reinterpret_cast<file_dedupe_range_info*>(argument.data() + sizeof *call);
    call->src_offset = target->dest_offset = at;
    call->src_length = length;
    call->dest_count = 1;
    target->dest_fd = own;
    if (::ioctl(other, FIDEDUPERANGE, argument.data()) != 0) return fail_errno("ioctl");
    if (target->status == FILE_DEDUPE_RANGE_SAME && target->bytes_deduped > 0)
        return target->bytes_deduped;
    errno = target->status < 0 ? -target->status : EILSEQ;
    return fail_errno("ioctl");
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

Result<void> SystemEffects::share_blocks(std::string_view path, std::string_view with) {
    auto own = root_.open_at(path, O_RDWR | O_NOFOLLOW);
    if (!own) return forward(std::move(own).error());
    auto other = root_.open_at(with, O_RDONLY | O_NOFOLLOW);
    if (!other) return forward(std::move(other).error());
    struct stat status{};
    if (::fstat(own->get(), &status) != 0) return fail_errno("fstat " + std::string(path));
    const auto size = static_cast<std::uint64_t>(status.st_size);
    for (std::uint64_t at = 0; at < size;) {
        const auto shared = share(own->get(), other->get(), at, size - at);
        if (!shared) return forward(shared.error(), "sharing " + std::string(path));
        at += *shared;
    }
    return {};
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
