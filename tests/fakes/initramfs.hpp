// SPDX-License-Identifier: LGPL-2.1-or-later
// An initramfs image that holds files of some names: one cpio archive ("newc"), not compressed.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

namespace gpuboot::fakes {

inline void pad(std::string& archive) {
    while (archive.size() % 4 != 0)
        archive += '\0';
}

inline void put_member(std::string& archive, const std::string& name, const std::string& content) {
    char header[111];
    std::snprintf(header, sizeof header,
                  "070701%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x%08x", 1U, 0100644U, 0U,
                  0U, 1U, 0U, static_cast<unsigned>(content.size()), 0U, 0U, 0U, 0U,
                  static_cast<unsigned>(name.size() + 1), 0U);
    archive += header + name + '\0';
    pad(archive);
    archive += content;
    pad(archive);
}

inline std::string cpio(const std::vector<std::string>& names) {
    std::string archive;
    for (const std::string& name : names)
        put_member(archive, name, "content of " + name);
    put_member(archive, "TRAILER!!!", "");
    return archive;
}

} // namespace gpuboot::fakes
