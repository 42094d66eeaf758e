// SPDX-License-Identifier: LGPL-2.1-or-later
#include "model/job.hpp"

#include <array>

namespace gpuboot::model {

std::string_view to_text(Verb verb) {
    switch (verb) {
    case Verb::Check: return "check";
    case Verb::Rebuild: return "rebuild";
    case Verb::Init: return "init";
    case Verb::Deactivate: return "deactivate";
    case Verb::OptOut: return "opt-out";
    case Verb::OptIn: return "opt-in";
    }
    return "check";
}

std::optional<Verb> verb_of(std::string_view text) {
    for (Verb verb : verbs)
        if (text == to_text(verb)) return verb;
    return std::nullopt;
}

std::string_view to_text(JobState state) {
    switch (state) {
    case JobState::Queued: return "queued";
    case JobState::Running: return "running";
    case JobState::Done: return "done";
    case JobState::Failed: return "failed";
    }
    return "failed";
}

std::optional<JobState> job_state_of(std::string_view text) {
    for (JobState state :
         std::array{JobState::Queued, JobState::Running, JobState::Done, JobState::Failed})
        if (text == to_text(state)) return state;
    return std::nullopt;
}

} // namespace gpuboot::model
