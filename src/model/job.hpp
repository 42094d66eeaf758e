// SPDX-License-Identifier: LGPL-2.1-or-later
// A job: one request over the bus, from the moment it is accepted until a phase has ended it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gpuboot::model {

/// What may be asked for. A closed list: a request never carries a path or a command.
enum class Verb {
    Check,
    Rebuild,
    Init,
    Deactivate, ///< takes the driver away, for this boot
    OptOut,     ///< and for all that follow
    OptIn,      ///< takes both back, and runs the chain
};

inline constexpr std::array verbs{Verb::Check,      Verb::Rebuild, Verb::Init,
                                  Verb::Deactivate, Verb::OptOut,  Verb::OptIn};

std::string_view to_text(Verb verb);
std::optional<Verb> verb_of(std::string_view text);

enum class JobState {
    Queued, ///< lies in /run/gpuboot/want
    Running,
    Done,
    Failed,
};

std::string_view to_text(JobState state);
std::optional<JobState> job_state_of(std::string_view text);

struct Request {
    Verb verb = Verb::Check;
    bool force = false; ///< only for Rebuild: also when a bake fits already

    bool operator==(const Request&) const = default;
};

struct Job {
    std::uint32_t id = 0;
    Request request;
    JobState state = JobState::Queued;
    std::string verdict; ///< of the last phase that it ran; "" before the end
    std::string error;   ///< "" unless it failed

    bool ended() const { return state == JobState::Done || state == JobState::Failed; }
    bool operator==(const Job&) const = default;
};

} // namespace gpuboot::model
