// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/progress_note.hpp"

#include "report/progress_record.hpp"

namespace gpuboot::flow {

namespace {

constexpr std::size_t record_limit = 4096;

std::size_t percent(const model::Progress& progress) {
    return progress.total == 0 ? 0 : 100 * progress.done / progress.total;
}

} // namespace

std::optional<model::Progress> read_progress(const Root& root) {
    auto text = root.read_text(names::progress, record_limit);
    auto progress = text ? report::progress_of(*text) : forward(text.error());
    return progress ? std::optional(std::move(*progress)) : std::nullopt;
}

void ProgressNote::put(model::Progress progress) {
    if (progress.stage == told_.stage && percent(progress) == percent(told_)) return;
    progress.kernel = kernel_;
    told_ = std::move(progress);
    const std::string text = to_json(report::record_of(told_)) + "\n";
    if (effects_.ensure_directory(names::run_directory, 0755))
        (void)effects_.replace_file(names::progress, text, 0644);
}

} // namespace gpuboot::flow
