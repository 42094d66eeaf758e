// SPDX-License-Identifier: LGPL-2.1-or-later
// A directory taken as "/": the running system, an offline image, or a test's tree. Every path
// is resolved by the kernel inside it (openat2, RESOLVE_IN_ROOT), so a symlink in an untrusted
// tree can never lead out of it. Paths are written absolute, as the tree's own programs see them.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"

namespace gpuboot {

class Root {
  public:
    static Result<Root> open(const std::string& directory = "/");

    /// NotFound when it, or a directory on the way, is absent. Opening a FIFO never blocks.
    Result<Fd> open_at(std::string_view path, int flags, unsigned mode = 0) const;

    /// A regular file's content; more than `limit` bytes is BadInput. Files of /proc and /sys
    /// report size 0 and are read to their end.
    Result<std::string> read_text(std::string_view path, std::size_t limit) const;

    /// Names in a directory, without "." and "..", sorted bytewise; more than `limit` is BadInput.
    Result<std::vector<std::string>> list(std::string_view path, std::size_t limit = 4096) const;

    Result<std::string> read_link(std::string_view path) const;

    /// Of the file itself, not of what a symlink points to.
    Result<struct stat> status(std::string_view path) const;

    /// Follows symlinks (inside the root). False also when it cannot be found out.
    bool exists(std::string_view path) const;

    /// The directory's path on this system, for messages and for a child's chroot.
    const std::string& directory() const { return directory_; }
    bool is_system() const { return directory_ == "/"; }

  private:
    Root(std::string directory, Fd fd) : directory_(std::move(directory)), fd_(std::move(fd)) {}

    std::string directory_;
    Fd fd_;
};

/// The rest of an open file, up to `limit` bytes (BadInput beyond it).
Result<Bytes> read_rest(int fd, std::size_t limit);

/// What is read at a time: as large as a second-level cache.
inline constexpr std::size_t read_chunk = std::size_t{256} << 10;

/// The same into `bytes`; `on_chunk` sees each chunk once it has come.
Result<void> read_chunks(int fd, std::size_t limit, Bytes& bytes,
                         const std::function<void(ByteView)>& on_chunk);

/// Refuses anything but a regular file, naming what it is instead.
Result<struct stat> require_regular(int fd, std::string_view path);

} // namespace gpuboot
