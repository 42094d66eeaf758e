// SPDX-License-Identifier: LGPL-2.1-or-later
// Runs a recipe's make, and strip on what it made, inside the walls, and follows what they print.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "execute/build.hpp"
#include "execute/build_area.hpp"
#include "execute/build_log.hpp"
#include "execute/conftest.hpp"

namespace gpuboot::execute {

class Compile {
  public:
    /// All of these must outlive this.
    Compile(const Root& root, Effects& effects, const BuildOrder& order, const BuildArea& area);

    /// Errors as build() says.
    Result<void> run();

    std::string log() const { return log_.text(); }

    /// Absent: make said nothing of conftest.
    std::optional<model::CompileTimes> times() const { return times_; }

    /// The questions whose answers are worth keeping; absent unless all were given, and nothing ran
    /// short that could have given them.
    std::optional<std::set<std::string>> answered() const;

  private:
    using Clock = std::chrono::steady_clock;

    Result<void> make();
    Result<void> strip();
    Result<void> step(const std::vector<std::string>& argv, const std::string& what,
                      const std::function<void(std::string_view)>& see);
    std::string suspects() const;

    const Root& root_;
    Effects& effects_;
    const BuildOrder& order_;
    const BuildArea& area_;
    BuildLog log_;
    std::set<std::string> asked_;
    bool all_answered_ = false, ran_short_ = false;
    std::optional<model::CompileTimes> times_;
    Clock::time_point end_;
    unsigned jobs_;
};

/// Tells progress to whoever wants to know.
void tell(const BuildOrder& order, std::string stage, std::size_t done = 0, std::size_t total = 0);

} // namespace gpuboot::execute
