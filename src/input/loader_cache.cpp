// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/loader_cache.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>

namespace gpuboot::input {

namespace {

constexpr std::string_view magic = "glibc-ld.so.cache1.1";
constexpr std::size_t header_size = 48;
constexpr std::size_t entry_size = 24;

std::uint32_t number_at(ByteView bytes, std::size_t at) {
    std::uint32_t number = 0;
    std::memcpy(&number, bytes.data() + at, sizeof number);
    return number;
}

/// The NUL-terminated text at this offset; absent when it runs out of the file.
std::optional<std::string_view> text_at(ByteView bytes, std::size_t at) {
    if (at >= bytes.size()) return std::nullopt;
    const std::string_view rest = text_of(bytes.subspan(at));
    const auto end = rest.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    return rest.substr(0, end);
}

/// FLAG_ELF_LIBC6 with the ABI's own bits. An architecture that is not listed takes any.
bool is_of(std::uint32_t flags, std::string_view arch) {
    if (arch == "x86_64") return flags == 0x0303;
    if (arch == "aarch64") return flags == 0x0a03;
    return true;
}

struct Entry {
    std::string_view name, path;
};

/// Calls `take` for each library of this architecture until it says that it is done.
template <class Take> Result<void> each_entry(ByteView cache, std::string_view arch, Take take) {
    if (cache.size() < header_size || !text_of(cache).starts_with(magic))
        return fail(Errc::BadInput, "no loader cache in glibc's new format");
    const std::size_t count = number_at(cache, magic.size());
    if (count > (cache.size() - header_size) / entry_size)
        return fail(Errc::BadInput, "a loader cache that was cut: " + std::to_string(count) +
                                        " entries do not fit in it");
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t entry = header_size + i * entry_size;
        const auto name = text_at(cache, number_at(cache, entry + 4));
        if (!name) return fail(Errc::BadInput, "a loader cache that was cut: a name is missing");
        if (!is_of(number_at(cache, entry), arch)) continue;
        const auto path = text_at(cache, number_at(cache, entry + 8));
        if (!path || !path->starts_with('/'))
            return fail(Errc::BadInput, "a loader cache that was cut: a path is missing");
        if (take(Entry{*name, *path})) break;
    }
    return {};
}

} // namespace

Result<std::string> find_in_loader_cache(ByteView cache, std::string_view library,
                                         std::string_view arch) {
    std::string found;
    auto read = each_entry(cache, arch, [&](const Entry& entry) {
        if (entry.name == library) found = entry.path;
        return !found.empty();
    });
    if (!read) return forward(std::move(read).error());
    return found;
}

Result<std::vector<CachedLibrary>> libraries_in_loader_cache(ByteView cache) {
    std::vector<CachedLibrary> libraries;
    auto read = each_entry(cache, "", [&](const Entry& entry) {
        libraries.push_back({std::string(entry.name), std::string(entry.path)});
        return false;
    });
    if (!read) return forward(std::move(read).error());
    return libraries;
}

Result<std::vector<std::string>> names_in_loader_cache(ByteView cache, std::string_view folder,
                                                       std::string_view arch) {
    std::vector<std::string> names;
    auto read = each_entry(cache, arch, [&](const Entry& entry) {
        if (entry.path.substr(0, entry.path.rfind('/')) == folder) names.emplace_back(entry.name);
        return false;
    });
    if (!read) return forward(std::move(read).error());
    std::ranges::sort(names);
    return names;
}

} // namespace gpuboot::input
