// SPDX-License-Identifier: LGPL-2.1-or-later
// Runs a plan, step by step, and stops at the first failure that matters. Never decides.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/result.hpp"
#include "execute/effects.hpp"
#include "input/store.hpp"
#include "model/plan.hpp"
#include "model/report.hpp"

namespace gpuboot::execute {

struct Failure {
    model::Step step;
    Error error;
    std::string kernel_line; ///< the kernel's own complaint during that step; "" when it had none
};

struct Execution {
    std::vector<model::StepReport> steps; ///< one for each of the plan's
    std::optional<Failure> failure;
    /// What the readiness test said although it was passed, line by line.
    std::vector<std::string> remarks{};
};

class Executor {
  public:
    /// `images` holds the verified bytes of the modules that the plan loads.
    Executor(Effects& effects, const input::Images& images) : effects_(effects), images_(images) {}

    Execution run(const model::Plan& plan);

  private:
    Result<void> perform(const model::Activate& step);
    Result<void> perform(const model::Deactivate& step);
    Result<void> perform(const model::LoadModule& step);
    Result<void> perform(const model::UnloadModule& step);
    Result<void> perform(const model::StopUnit& step);
    Result<void> perform(const model::RequestRebuild& step);
    Result<void> perform(const model::RequestLoader& step);
    Result<void> perform(const model::SetFirmwarePath& step);
    Result<void> perform(const model::MakeNode& step);
    Result<void> perform(const model::MakeLink& step);
    Result<void> perform(const model::Remove& step);
    Result<void> perform(const model::TestReady& step);
    Result<void> perform(const model::TestFabric& step);
    Result<void> perform(const model::WriteCdi& step);
    Result<void> perform(const model::WithdrawCdi&);
    Result<void> perform(const model::ConfigureRuntime& step);
    Result<void> perform(const model::StartUnit& step);
    Result<void> perform(const model::DeferUnit& step);
    Result<void> perform(const model::ReloadUnit& step);
    Result<void> perform(const model::WriteRecord& step);
    Result<void> perform(const model::MarkReady& step);

    std::vector<std::string> remarks_; ///< of the plan that runs
    Effects& effects_;
    const input::Images& images_;
};

} // namespace gpuboot::execute
