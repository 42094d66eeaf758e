// SPDX-License-Identifier: LGPL-2.1-or-later
#include "report/progress_record.hpp"

#include "base/fields.hpp"

namespace gpuboot::report {

namespace {

constexpr std::int64_t most = 1'000'000'000; // files of a driver, with room

} // namespace

Node record_of(const model::Progress& progress) {
    return Table{{"stage", progress.stage},
                 {"done", static_cast<std::int64_t>(progress.done)},
                 {"total", static_cast<std::int64_t>(progress.total)},
                 {"kernel", progress.kernel}};
}

Result<model::Progress> progress_of(std::string_view json) {
    auto node = parse_json(json);
    if (!node) return forward(std::move(node).error());
    Fields fields("progress", *node);
    model::Progress progress{fields.text("stage"),
                             static_cast<std::size_t>(fields.number("done", 0, most)),
                             static_cast<std::size_t>(fields.number("total", 0, most)),
                             fields.optional_text("kernel").value_or("")};
    if (auto flaw = fields.flaw()) return fail(Errc::BadInput, *flaw);
    return progress;
}

} // namespace gpuboot::report
