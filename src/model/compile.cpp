// SPDX-License-Identifier: LGPL-2.1-or-later
#include "model/compile.hpp"

#include <cstdio>

namespace gpuboot::model {

namespace {

std::string seconds(std::int64_t usec) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(usec) / 1e6);
    return text;
}

} // namespace

std::string to_text(const CompileTimes& times) {
    std::string text = seconds(times.probing_usec) + " probing the kernel's headers (" +
                       std::to_string(times.asked) + " questions";
    if (times.kept > 0) text += ", " + std::to_string(times.kept) + " answers kept";
    return text + "), " + seconds(times.compiling_usec) + " compiling";
}

} // namespace gpuboot::model
