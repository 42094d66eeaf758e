// SPDX-License-Identifier: LGPL-2.1-or-later
// audit: the command that tells what of a driver is live in a tree.
#include <cstdio>

#include "base/document.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "input/audit.hpp"
#include "model/printable.hpp"

namespace gpuboot::cli {

namespace {

using model::Finding;

void print_json(const std::vector<Finding>& findings) {
    Array records;
    for (const Finding& finding : findings)
        records.push_back(Table{{"class", to_text(finding.kind)},
                                {"path", finding.path},
                                {"owner", finding.owner},
                                {"detail", finding.detail}});
    const Node record = Table{{"clean", findings.empty()}, {"findings", std::move(records)}};
    std::puts(to_json(record).c_str());
}

void print(const std::vector<Finding>& findings) {
    for (const Finding& finding : findings) {
        const std::string detail = finding.detail.empty() ? "" : "; " + finding.detail;
        std::printf("%s  %s  (owner: %s)\n", std::string(to_text(finding.kind)).c_str(),
                    model::printable(finding.path).c_str(),
                    model::printable(finding.owner + detail).c_str());
    }
    if (findings.empty())
        std::puts("clean: nothing of a GPU driver is live in this tree");
    else
        std::printf("%zu leftover%s\n", findings.size(), findings.size() == 1 ? "" : "s");
}

} // namespace

Result<int> audit(const Options& options) {
    const auto findings = input::read_audit(options.root);
    if (!findings) return forward(findings.error());
    options.json ? print_json(*findings) : print(*findings);
    return findings->empty() ? exit_ready : exit_blocked;
}

} // namespace gpuboot::cli
