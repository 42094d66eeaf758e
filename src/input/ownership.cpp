// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/ownership.hpp"

#include <cstdio>

namespace gpuboot::input {

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

} // namespace gpuboot::input
