// SPDX-License-Identifier: LGPL-2.1-or-later
// The files of a source tree and the one digest over all of them: SHA-256 over the lines
// "<hex>  ./path\n" in bytewise order of the paths, so that a person gets the same value from
//   (cd TREE && find . -type f | LC_ALL=C sort | xargs -d '\n' sha256sum | sha256sum)
// A source tree holds regular files and directories only; anything else is refused by name. A
// userspace tree may hold symlinks too: behind those lines comes one "./path -> target\n" for each.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/digest.hpp"
#include "base/root.hpp"

namespace gpuboot::source {

struct TreeFile {
    std::string path; ///< below the tree: nvidia/nv.c
    bool executable = false;

    bool operator==(const TreeFile&) const = default;
};

struct TreeLink {
    std::string path;
    std::string target; ///< as it stands there

    bool operator==(const TreeLink&) const = default;
};

struct Tree {
    std::string path;                     ///< of the tree itself, inside the root
    std::vector<std::string> directories; ///< below it, each before what it holds
    std::vector<TreeFile> files;          ///< sorted bytewise by path
    std::vector<TreeLink> links;          ///< likewise
    std::uint64_t bytes = 0;
};

struct TreeLimits {
    std::size_t entries = 20'000;
    std::uint64_t bytes = std::uint64_t{4} << 30;
    std::size_t depth = 32;
    bool links = false; ///< whether it may hold symlinks
};

Result<Tree> list_tree(const Root& root, const std::string& path, const TreeLimits& limits = {});

/// Adds up the digest file by file, for whoever reads them anyway.
class TreeDigest {
  public:
    /// In the order of Tree::files.
    void add(std::string_view path, std::string_view file_sha256);
    /// Behind all files.
    void add_link(std::string_view path, std::string_view target);
    std::string hex() { return sum_.hex(); }

  private:
    Sha256 sum_;
};

/// Calls `take` with each part of an open file and returns the file's digest. The limit holds
/// although the file may grow while it is read.
template <class Take> Result<std::string> read_hashed(int fd, std::uint64_t limit, Take&& take);

Result<std::string> digest_tree(const Root& root, const Tree& tree);

/// The command above, for error messages.
std::string digest_command(const std::string& tree);

// ---

inline constexpr std::uint64_t file_limit = std::uint64_t{1} << 30;

template <class Take> Result<std::string> read_hashed(int fd, std::uint64_t limit, Take&& take) {
    Sha256 sum;
    Bytes buffer(std::size_t{256} << 10);
    std::uint64_t total = 0;
    for (;;) {
        const ssize_t got = ::read(fd, buffer.data(), buffer.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_errno("read");
        if (got == 0) return sum.hex();
        total += static_cast<std::uint64_t>(got);
        if (total > limit)
            return fail(Errc::BadInput, "larger than " + std::to_string(limit) + " bytes");
        const ByteView part(buffer.data(), static_cast<std::size_t>(got));
        sum.add(part);
        if (Result<void> taken = take(part); !taken) return forward(std::move(taken).error());
    }
}

} // namespace gpuboot::source
