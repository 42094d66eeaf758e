// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/store.hpp"

#include <fcntl.h>

#include <algorithm>
#include <utility>

#include "base/at_once.hpp"
#include "base/compression.hpp"
#include "base/digest.hpp"
#include "base/names.hpp"
#include "input/cold_files.hpp"
#include "input/kernel_abi.hpp"
#include "input/marker.hpp"
#include "input/module_image.hpp"
#include "input/module_signature.hpp"
#include "input/ownership.hpp"

namespace gpuboot::input {

namespace {

using namespace model;

constexpr std::size_t marker_limit = 1 << 20;
constexpr std::size_t module_limit = std::size_t{1} << 30;
constexpr std::size_t unpacked_limit = std::size_t{512} << 20; // F-41
constexpr std::size_t store_limit = 1024;

Result<Fd> open_regular(const Root& root, const std::string& path, struct stat& status) {
    auto fd = root.open_at(path, O_RDONLY | O_NOFOLLOW);
    if (!fd && fd.error().sys == ELOOP)
        return fail(Errc::BadInput, path + ": wanted a regular file, found a symlink");
    if (!fd) return fd;
    auto regular = require_regular(fd->get(), path);
    if (!regular) return forward(std::move(regular).error());
    status = *regular;
    return fd;
}

/// What the verified bytes of a module say; they are kept as the kernel is to get them.
ModuleImage read_image(HashedBytes file, std::string_view arch, FileFact& fact, Images& images) {
    const Compression packed = compression_of_file(fact.path);
    if (packed != Compression::None) {
        auto unpacked = decompress(packed, file.bytes, unpacked_limit);
        if (!unpacked) {
            fact.malformed = unpacked.error().what;
            return {};
        }
        file.bytes = std::move(*unpacked);
    }
    auto image = read_module_image(file.bytes, arch);
    if (!image) {
        fact.malformed = image.error().what;
        return {};
    }
    fact.signature = parse_signature(file.bytes);
    fact.vermagic = image->vermagic;
    fact.name = image->name;
    fact.srcversion = image->srcversion;
    fact.depends = image->depends;
    images.insert_or_assign(fact.sha256, std::move(file.bytes));
    return std::move(*image);
}

/// By its pieces, where the marker has their digest. Where that differs, the digest of the whole
/// has the last word, and is what is told.
Result<HashedBytes> read_file(int fd, const MarkerModule& module) {
    if (module.pieces_sha256.empty()) return read_hashed(fd, module_limit);
    auto file = read_hashed_pieces(fd, module.size);
    if (!file) return file;
    const bool intact = file->sha256 == module.pieces_sha256;
    file->sha256 = intact ? module.sha256 : sha256_hex(file->bytes);
    return file;
}

ModuleImage read_module(const Root& root, const std::string& folder, const MarkerModule& module,
                        std::string_view arch, FileFact& fact, Images& images) {
    fact.path = module.path;
    const std::string path = folder + "/" + module.path;
    struct stat status{};
    auto fd = open_regular(root, path, status);
    fact.present = fd.has_value() || fd.error().code != Errc::NotFound;
    if (!fd) {
        if (fact.present) fact.flaw = fd.error().what;
        return {};
    }
    fact.unsafe = unsafe(status);
    fact.size = static_cast<std::uint64_t>(status.st_size);
    if (fact.size != module.size) return {}; // ruled out already: no need to hash it
    auto file = read_file(fd->get(), module);
    if (!file) {
        fact.flaw = file.error().what;
        return {};
    }
    fact.sha256 = file->sha256;
    if (fact.sha256 != module.sha256) return {}; // damaged: nothing in it is worth parsing
    return read_image(std::move(*file), arch, fact, images);
}

void read_marker(const Root& root, const std::string& path, BakeFact& bake) {
    struct stat status{};
    auto fd = open_regular(root, path, status);
    if (!fd) {
        if (fd.error().code != Errc::NotFound) bake.marker.flaw = fd.error().what;
        return;
    }
    if (bake.unsafe.empty()) bake.unsafe = unsafe(status);
    auto bytes = read_rest(fd->get(), marker_limit);
    if (!bytes) {
        bake.marker.flaw = path + ": " + bytes.error().what;
        return;
    }
    MarkerReading reading = parse_marker(path, bake.id, text_of(*bytes));
    bake.newer_format = reading.newer_format;
    bake.marker = std::move(reading);
}

bool worth_reading(const BakeFact& bake, const Wanted& wanted) {
    const auto& marker = bake.marker.value;
    return marker && bake.unsafe.empty() && marker->kernel == wanted.kernel &&
           marker->arch == wanted.arch && marker->driver_version == wanted.version;
}

/// A bake, and the folder its files are read from.
struct Opened {
    ReadBake bake;
    std::string folder;
};

Opened open_bake(const Root& root, std::string folder, const std::string& id,
                 const Wanted& wanted) {
    Opened opened;
    BakeFact& bake = opened.bake.fact;
    bake.id = id;
    auto status = root.status(folder);
    if (status && !S_ISDIR(status->st_mode))
        bake.unsafe = "no directory";
    else if (status)
        bake.unsafe = unsafe(*status);
    auto modules = root.status(folder + "/modules");
    if (modules && bake.unsafe.empty()) bake.unsafe = unsafe(*modules);
    read_marker(root, folder + "/" + std::string(names::marker_file), bake);
    if (worth_reading(bake, wanted)) {
        look_at_cold_files(root, folder, bake);
        bake.files.resize(bake.marker.value->modules.size());
    }
    opened.bake.images.resize(bake.files.size());
    opened.folder = std::move(folder);
    return opened;
}

/// A file of a bake that is to be read.
struct File {
    Opened* of;
    std::size_t index;
    const MarkerModule& module() const { return of->bake.fact.marker.value->modules[index]; }
};

/// The largest first: what is left at the end is small.
std::vector<File> files_of(std::vector<Opened>& bakes) {
    std::vector<File> files;
    for (Opened& opened : bakes)
        for (std::size_t i = 0; i < opened.bake.fact.files.size(); ++i)
            files.push_back({&opened, i});
    std::ranges::sort(files, std::ranges::greater{},
                      [](const File& file) { return file.module().size; });
    return files;
}

/// All files, and the kernel they are compared with, on all processors.
StoreReading read_files(const Root& root, const Wanted& wanted, std::vector<Opened> opened) {
    const std::vector<File> files = files_of(opened);
    std::vector<Images> parts(files.size());
    KernelSide kernel;
    at_once(files.empty() ? 0 : 1 + files.size(), [&](std::size_t i) {
        if (i == 0) {
            kernel = read_kernel_side(root, wanted.kernel, wanted.arch);
            return;
        }
        const File& file = files[i - 1];
        auto& [bake, folder] = *file.of;
        bake.images[file.index] = read_module(root, folder, file.module(), wanted.arch,
                                              bake.fact.files[file.index], parts[i - 1]);
    });
    StoreReading reading;
    for (Images& part : parts)
        reading.images.merge(part);
    std::vector<ReadBake> bakes;
    bakes.reserve(opened.size());
    for (Opened& each : opened)
        bakes.push_back(std::move(each.bake));
    reading.abi = compare_with_kernel(std::move(kernel), bakes);
    for (ReadBake& bake : bakes)
        reading.bakes.push_back(std::move(bake.fact));
    return reading;
}

} // namespace

StoreReading read_one(const Root& root, const std::string& folder, const std::string& id,
                      const Wanted& wanted) {
    std::vector<Opened> opened;
    opened.push_back(open_bake(root, folder, id, wanted));
    return read_files(root, wanted, std::move(opened));
}

StoreReading read_store(const Root& root, const Wanted& wanted) {
    std::string flaw;
    std::vector<Opened> opened;
    for (const std::string_view store : {names::vendor_store, names::store}) {
        auto entries = root.list(store, store_limit);
        if (!entries) {
            if (entries.error().code != Errc::NotFound) flaw = entries.error().what;
            continue;
        }
        for (const std::string& id : *entries) {
            if (id.starts_with('.')) continue; // unfinished or deleted: no bake for anybody
            opened.push_back(open_bake(root, std::string(store) + "/" + id, id, wanted));
            opened.back().bake.fact.vendor = store == names::vendor_store;
        }
    }
    StoreReading reading = read_files(root, wanted, std::move(opened));
    reading.flaw = std::move(flaw);
    // The local one of an id behind the vendor's: what stands last is what is taken.
    std::ranges::sort(reading.bakes, {}, [](const BakeFact& bake) {
        return std::pair(std::string_view(bake.id), !bake.vendor);
    });
    return reading;
}

} // namespace gpuboot::input
