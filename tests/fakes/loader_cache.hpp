// SPDX-License-Identifier: LGPL-2.1-or-later
// The dynamic loader's cache of some libraries, as ldconfig writes it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gpuboot::fakes {

struct CacheEntry {
    std::uint32_t flags; ///< 0x0303: x86_64
    std::string name, path;
};

inline void put_number(std::string& out, std::uint32_t number) {
    out.append(reinterpret_cast<const char*>(&number), sizeof number);
}

inline std::string loader_cache(const std::vector<CacheEntry>& entries) {
    std::string head = "glibc-ld.so.cache1.1", strings;
    put_number(head, static_cast<std::uint32_t>(entries.size()));
    head.resize(48, '\0');
    const std::size_t base = head.size() + 24 * entries.size();
    for (const CacheEntry& entry : entries) {
        put_number(head, entry.flags);
        put_number(head, static_cast<std::uint32_t>(base + strings.size()));
        strings += entry.name + '\0';
        put_number(head, static_cast<std::uint32_t>(base + strings.size()));
        strings += entry.path + '\0';
        head.resize(head.size() + 12, '\0');
    }
    return head + strings;
}

} // namespace gpuboot::fakes
