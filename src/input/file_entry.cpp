// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/file_entry.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/digest.hpp"

namespace gpuboot::input {

namespace {

using namespace model;

constexpr std::uint64_t file_limit = std::uint64_t{2} << 30;
constexpr std::array merged_folders{"bin", "sbin", "lib", "lib32", "lib64", "libx32"};

Result<std::string> digest(int fd, const std::string& path) {
    Sha256 sum;
    std::uint64_t size = 0;
    std::array<std::byte, 64 << 10> piece; // on the stack: most of the files are small
    for (;;) {
        const ssize_t got = ::read(fd, piece.data(), piece.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_errno(path);
        if (got == 0) return sum.hex();
        size += static_cast<std::uint64_t>(got);
        if (size > file_limit) return fail(Errc::BadInput, path + ": more than 2 GiB");
        sum.add(ByteView(piece).first(static_cast<std::size_t>(got)));
    }
}

bool is_of_merged_usr(const std::string& folder, const std::string& target) {
    return std::ranges::any_of(merged_folders, [&](const std::string& name) {
        return folder == "/" + name && (target == "usr/" + name || target == "/usr/" + name);
    });
}

} // namespace

Result<ForeignEntry> read_entry(const Root& root, ForeignKind kind, const std::string& path) {
    ForeignEntry entry;
    entry.kind = kind;
    entry.path = path;
    auto status = root.status(path);
    if (!status) return forward(std::move(status).error());
    if (S_ISDIR(status->st_mode)) {
        entry.type = EntryType::Directory;
        return entry;
    }
    if (S_ISLNK(status->st_mode)) {
        auto target = root.read_link(path);
        if (!target) return forward(std::move(target).error());
        entry.type = EntryType::Link;
        entry.target = std::move(*target);
        return entry;
    }
    auto fd = root.open_at(path, O_RDONLY | O_NOFOLLOW);
    if (!fd) return forward(std::move(fd).error());
    status = require_regular(fd->get(), path);
    if (!status) return forward(std::move(status).error());
    auto sha256 = digest(fd->get(), path);
    if (!sha256) return forward(std::move(sha256).error());
    entry.size = static_cast<std::uint64_t>(status->st_size);
    entry.sha256 = std::move(*sha256);
    entry.gives_rights = (status->st_mode & (S_ISUID | S_ISGID)) != 0;
    return entry;
}

std::string detour_of(const Root& root, const std::string& path) {
    for (auto slash = path.find('/', 1); slash != std::string::npos;
         slash = path.find('/', slash + 1)) {
        const std::string folder = path.substr(0, slash);
        const auto status = root.status(folder);
        if (!status || !S_ISLNK(status->st_mode)) continue;
        const std::string target = root.read_link(folder).value_or("?");
        if (!is_of_merged_usr(folder, target)) return folder + " is a link to " + target;
    }
    return "";
}

std::string merged(std::string_view path) {
    if (path.starts_with("/usr/")) {
        const std::string_view rest = path.substr(4);
        const std::string_view first = rest.substr(1, rest.find('/', 1) - 1);
        if (std::ranges::find(merged_folders, first) != merged_folders.end())
            return std::string(rest);
    }
    return std::string(path);
}

} // namespace gpuboot::input
