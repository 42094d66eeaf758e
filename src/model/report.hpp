// SPDX-License-Identifier: LGPL-2.1-or-later
// A report: what one phase found, did, and found afterwards. The same record is the file in
// /run/gpuboot/report, the journal event, the bus property and what `gpubootctl why` tells.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/facts.hpp"
#include "model/verdict.hpp"

namespace gpuboot::model {

enum class Outcome { Done, Failed, Skipped };

std::string_view to_text(Outcome outcome);

struct StepReport {
    std::string text;
    Outcome outcome = Outcome::Skipped;
    std::int64_t usec = 0;
    std::string error; ///< "" unless it failed

    bool operator==(const StepReport&) const = default;
};

/// One GPU as init or the device phase left it.
struct GpuReport {
    Gpu gpu;
    int minor = -1;   ///< -1: the driver gave it none
    std::string node; ///< /dev/nvidia0; "" when there is none
    bool ready = false;

    bool operator==(const GpuReport&) const = default;
};

struct Report {
    std::string phase; ///< check, recheck, rebuild, init, device
    std::string boot_id;
    std::int64_t at = 0;    ///< begin, seconds since the epoch
    std::int64_t began = 0; ///< the same on CLOCK_BOOTTIME, microseconds: no other report has it
    std::int64_t usec = 0;  ///< duration, monotonic clock
    Host host;
    std::optional<Pin> pin;
    std::optional<LoadedDriver> loaded; ///< at the end
    Verdict before;                     ///< what led to the steps
    std::vector<std::string> passed;    ///< the gates that were found right then
    std::vector<StepReport> steps;
    Verdict after; ///< the facts read and judged again
    std::vector<GpuReport> gpus;
    bool ready = false; ///< /run/gpuboot/ready stands

    bool operator==(const Report&) const = default;
};

} // namespace gpuboot::model
