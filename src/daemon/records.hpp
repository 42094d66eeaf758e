// SPDX-License-Identifier: LGPL-2.1-or-later
// All that the phases have left in /run/gpuboot for the daemon to show. It is read whole each
// time something changes there, so that the daemon holds no state that a restart would lose.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/root.hpp"
#include "model/job.hpp"
#include "model/kernel_state.hpp"
#include "model/progress.hpp"
#include "model/report.hpp"

namespace gpuboot::daemon {

inline constexpr std::size_t jobs_kept = 32;

struct Records {
    std::optional<model::Report> last;        ///< the newest report of the chain
    std::string last_json;                    ///< the same as it stands in the file, on one line
    model::Progress progress;                 ///< of this boot's compile, while it is under way
    std::vector<model::KernelAnswer> kernels; ///< as a phase saw them last
    bool ready_stamp = false;
    bool driver_live = false; ///< the kernel shows an nvidia module that is loaded
    /// Of the GPUs that a phase has begun with, by address: its word, none while it is under way.
    std::map<std::string, std::optional<model::GpuReport>> gpus;
    /// The newest `jobs_kept` jobs: from their records, or from requests that still lie unread.
    std::map<std::uint32_t, model::Job> jobs;
    /// Files that are there and could not be read. They count as absent.
    std::vector<std::string> flaws;
};

Records read_records(const Root& root);

} // namespace gpuboot::daemon
