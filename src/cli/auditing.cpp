// SPDX-License-Identifier: LGPL-2.1-or-later
// audit: what of a GPU driver is live in this tree though no bake is active.
#include <cstdio>

#include "base/document.hpp"
#include "cli/commands.hpp"
#include "cli/exit_code.hpp"
#include "input/audit.hpp"
#include "input/host.hpp"
#include "model/printable.hpp"

namespace gpuboot::cli {

namespace {

using namespace model;

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
    for (const Finding& finding : findings)
        std::printf("%-9s %s  (%s)%s%s\n", std::string(to_text(finding.kind)).c_str(),
                    printable(finding.path).c_str(), finding.owner.c_str(),
                    finding.detail.empty() ? "" : ": ", printable(finding.detail).c_str());
    if (findings.empty())
        std::puts("clean: nothing of a GPU driver is live here");
    else
        std::printf("not clean: %zu found\n", findings.size());
}

} // namespace

Result<int> audit(const Options& options) {
    const auto findings = input::read_audit(options.root, input::read_host().arch);
    options.json ? print_json(findings) : print(findings);
    return findings.empty() ? exit_ready : exit_blocked;
}

} // namespace gpuboot::cli
