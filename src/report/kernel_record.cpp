// SPDX-License-Identifier: LGPL-2.1-or-later
#include "report/kernel_record.hpp"

#include "report/progress_record.hpp"
#include "report/record.hpp"

namespace gpuboot::report {

using namespace model;

Node record_of(const std::vector<KernelState>& states) {
    Array records;
    for (const KernelState& state : states) {
        const KernelAnswer answer = answer_of(state);
        Table record{{"kernel", state.kernel},  {"running", state.running},
                     {"answer", answer.answer}, {"why", answer.why},
                     {"bake", state.bake},      {"queued", state.queued},
                     {"kept", state.kept},      {"reasons", record_of(state.reasons)}};
        if (!state.progress.stage.empty())
            record.push_back({"progress", record_of(state.progress)});
        records.emplace_back(std::move(record));
    }
    return Node(std::move(records));
}

Result<std::vector<KernelAnswer>> kernel_answers_of(std::string_view json) {
    auto node = parse_json(json);
    if (!node) return forward(std::move(node).error());
    const auto* records = std::get_if<Array>(&node->value);
    if (!records) return fail(Errc::BadInput, "wanted a list of kernels");
    std::vector<KernelAnswer> answers;
    for (const Node& record : *records) {
        answers.push_back({record.text("kernel"), record.text("answer"), record.text("why")});
        if (answers.back().kernel.empty() || answers.back().answer.empty())
            return fail(Errc::BadInput, "wanted the fields kernel and answer of each");
    }
    return answers;
}

} // namespace gpuboot::report
