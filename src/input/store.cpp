// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/store.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cstdio>

#include "base/digest.hpp"
#include "base/names.hpp"
#include "input/marker.hpp"
#include "input/modinfo.hpp"
#include "input/module_signature.hpp"

namespace gpuboot::input {

namespace {

using namespace model;

constexpr std::size_t marker_limit = 1 << 20;
constexpr std::size_t module_limit = std::size_t{1} << 30;
constexpr std::size_t store_limit = 1024;

/// Why somebody other than root could have written this; "" when nobody could.
std::string unsafe(const struct stat& status) {
    if (status.st_uid != 0) return "owner " + std::to_string(status.st_uid);
    if ((status.st_mode & 022) != 0) {
        char mode[8];
        std::snprintf(mode, sizeof mode, "%04o", status.st_mode & 07777);
        return std::string("mode ") + mode;
    }
    if (S_ISREG(status.st_mode) && status.st_nlink != 1)
        return std::to_string(status.st_nlink) + " hard links";
    return "";
}

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

FileFact read_module(const Root& root, const std::string& folder, const MarkerModule& module,
                     Images* images) {
    FileFact fact;
    fact.path = module.path;
    const std::string path = folder + "/" + module.path;
    struct stat status{};
    auto fd = open_regular(root, path, status);
    fact.present = fd.has_value() || fd.error().code != Errc::NotFound;
    if (!fd) {
        if (fact.present) fact.flaw = fd.error().what;
        return fact;
    }
    fact.unsafe = unsafe(status);
    fact.size = static_cast<std::uint64_t>(status.st_size);
    if (fact.size != module.size) return fact; // ruled out already: no need to hash it
    auto file = read_hashed(fd->get(), module_limit);
    if (!file) {
        fact.flaw = file.error().what;
        return fact;
    }
    fact.sha256 = file->sha256;
    if (fact.sha256 != module.sha256) return fact; // damaged: nothing in it is worth parsing
    if (auto info = read_modinfo(fd->get(), path))
        fact.vermagic = info->vermagic;
    else
        fact.flaw = info.error().what;
    fact.signature = parse_signature(file->bytes);
    if (images) images->insert_or_assign(fact.sha256, std::move(file->bytes));
    return fact;
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

} // namespace

BakeFact read_bake(const Root& root, const std::string& folder, const std::string& id,
                   const Wanted& wanted, Images* images) {
    BakeFact bake;
    bake.id = id;
    auto status = root.status(folder);
    if (status && !S_ISDIR(status->st_mode))
        bake.unsafe = "no directory";
    else if (status)
        bake.unsafe = unsafe(*status);
    auto modules = root.status(folder + "/modules");
    if (modules && bake.unsafe.empty()) bake.unsafe = unsafe(*modules);
    read_marker(root, folder + "/" + std::string(names::marker_file), bake);
    if (!worth_reading(bake, wanted)) return bake;
    for (const MarkerModule& module : bake.marker.value->modules)
        bake.files.push_back(read_module(root, folder, module, images));
    return bake;
}

StoreReading read_store(const Root& root, const Wanted& wanted) {
    StoreReading reading;
    for (const std::string_view store : {names::vendor_store, names::store}) {
        auto entries = root.list(store, store_limit);
        if (!entries) {
            if (entries.error().code != Errc::NotFound) reading.flaw = entries.error().what;
            continue;
        }
        for (const std::string& id : *entries) {
            if (id.starts_with('.')) continue; // unfinished or deleted: no bake for anybody
            BakeFact bake =
                read_bake(root, std::string(store) + "/" + id, id, wanted, &reading.images);
            bake.vendor = store == names::vendor_store;
            reading.bakes.push_back(std::move(bake));
        }
    }
    // The local one of an id behind the vendor's: what stands last is what is taken.
    std::ranges::stable_sort(reading.bakes, {}, &BakeFact::id);
    return reading;
}

} // namespace gpuboot::input
