// SPDX-License-Identifier: LGPL-2.1-or-later
// What all phases share: the machine they work on, and how their report begins and is published.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/root.hpp"
#include "execute/effects.hpp"
#include "execute/executor.hpp"
#include "model/facts.hpp"
#include "model/report.hpp"

namespace gpuboot::flow {

struct Machine {
    const Root& root;
    execute::Effects& effects;
};

/// "2026-11-20 21:53 UTC", for people.
std::string now_in_words();

/// Where a phase leaves its report.
std::string report_path(std::string_view phase);

/// A report under way: begun with what was found, finished with what holds then.
class Run {
  public:
    Run(const Machine& machine, std::string_view phase, const model::Facts& facts,
        model::Verdict before);

    model::Report& report() { return report_; }
    const std::string& phase() const { return report_.phase; }
    std::int64_t began() const { return report_.began; }
    void add(const execute::Execution& execution);

    /// Fills in the end, writes /run/gpuboot/report/<phase>.json (and last.json), and sends the
    /// journal's events. A report that cannot be written fails no boot: it goes to the journal.
    model::Report finish(const model::Facts& facts, model::Verdict after);

  private:
    const Machine& machine_;
    std::chrono::steady_clock::time_point begin_;
    model::Report report_;
};

} // namespace gpuboot::flow
