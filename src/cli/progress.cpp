// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace gpuboot::cli {

ProgressView::ProgressView() : terminal_(::isatty(STDERR_FILENO) == 1) {}

ProgressView::~ProgressView() {
    if (terminal_ && !stage_.empty()) std::fputs("\r\033[K", stderr);
}

void ProgressView::show(const model::Progress& progress) {
    if (terminal_)
        show_bar(progress);
    else
        show_line(progress);
    stage_ = progress.stage;
}

void ProgressView::show_bar(const model::Progress& progress) const {
    constexpr std::size_t width = 30;
    if (progress.total == 0) {
        std::fprintf(stderr, "\r\033[K%s", progress.stage.c_str());
        return;
    }
    const std::size_t filled = std::min(width, width * progress.done / progress.total);
    const std::string bar = std::string(filled, '#') + std::string(width - filled, '.');
    std::fprintf(stderr, "\r\033[K[%s] %s", bar.c_str(), to_text(progress).c_str());
}

void ProgressView::show_line(const model::Progress& progress) {
    const int tenth =
        progress.total == 0 ? 0 : static_cast<int>(10 * progress.done / progress.total);
    if (progress.stage == stage_ && tenth <= tenth_) return;
    tenth_ = tenth;
    std::fprintf(stderr, "gpuboot: %s\n", to_text(progress).c_str());
}

} // namespace gpuboot::cli
