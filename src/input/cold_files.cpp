// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/cold_files.hpp"

#include <fcntl.h>

#include "base/digest.hpp"
#include "input/ownership.hpp"

namespace gpuboot::input {

namespace {

using namespace model;

constexpr std::size_t file_limit = std::size_t{1} << 30;

/// What else it is than the regular file that a marker means; "" when it is one.
std::string other_kind(const struct stat& status) {
    if (S_ISREG(status.st_mode)) return "";
    return S_ISDIR(status.st_mode) ? "a directory" : "a device, a FIFO or a socket";
}

/// What changes when a file does, without its being read.
std::string stamp_of(const std::string& path, const struct stat& status) {
    std::string line = path;
    for (const auto number :
         {static_cast<long long>(status.st_ino), static_cast<long long>(status.st_ctim.tv_sec),
          static_cast<long long>(status.st_ctim.tv_nsec),
          static_cast<long long>(status.st_mtim.tv_sec),
          static_cast<long long>(status.st_mtim.tv_nsec), static_cast<long long>(status.st_size)})
        line += " " + std::to_string(number);
    return line + "\n";
}

ColdFile look_at(const Root& root, const std::string& folder, const std::string& path,
                 Sha256& stamps) {
    ColdFile file{path, true, "", "", "", 0};
    const auto status = root.status(folder + "/" + path);
    if (!status) {
        file.present = status.error().code != Errc::NotFound;
        if (file.present) file.flaw = status.error().what;
        return file;
    }
    stamps.add(bytes_of(stamp_of(path, *status)));
    if (S_ISLNK(status->st_mode)) {
        const auto target = root.read_link(folder + "/" + path);
        if (!target)
            file.flaw = target.error().what;
        else
            file.target = *target;
        return file; // what it leads to is looked at by its own name
    }
    file.flaw = other_kind(*status);
    file.unsafe = unsafe(*status);
    file.size = static_cast<std::uint64_t>(status->st_size);
    return file;
}

} // namespace

void look_at_cold_files(const Root& root, const std::string& folder, BakeFact& bake) {
    const Marker& marker = *bake.marker.value;
    if (marker.bundled.empty()) return;
    for (const std::string& inner : folders_in(marker.bundled))
        if (const auto status = root.status(folder + "/" + inner); status && bake.unsafe.empty())
            if (const std::string why = unsafe(*status); !why.empty())
                bake.unsafe = inner + ": " + why;
    Sha256 stamps;
    for (const BundledFile& file : marker.bundled)
        bake.cold.push_back(look_at(root, folder, file.path, stamps));
    bake.stamps = stamps.hex();
}

std::optional<Damage> read_cold_files(const Root& root, const std::string& folder,
                                      const Marker& marker) {
    for (const BundledFile& file : marker.bundled) {
        if (!file.target.empty()) continue;
        const auto damage = [&](std::string found) {
            return Damage{file.path, file.sha256, std::move(found)};
        };
        const std::string path = folder + "/" + file.path;
        auto fd = root.open_at(path, O_RDONLY | O_NOFOLLOW);
        if (!fd) return damage(fd.error().what);
        if (auto regular = require_regular(fd->get(), path); !regular)
            return damage(regular.error().what);
        const auto sha256 = sha256_of(fd->get(), file_limit);
        if (!sha256) return damage(sha256.error().what);
        if (*sha256 != file.sha256) return damage(*sha256);
    }
    return std::nullopt;
}

} // namespace gpuboot::input
