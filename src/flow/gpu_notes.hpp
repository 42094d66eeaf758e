// SPDX-License-Identifier: LGPL-2.1-or-later
// The notes of the GPUs that phases work on: which phase has the word on each, and which node is
// made for it, because once a GPU is unplugged the driver no longer says.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/root.hpp"
#include "execute/effects.hpp"
#include "flow/phase.hpp"
#include "model/devices.hpp"
#include "model/gpu_note.hpp"
#include "model/plan.hpp"

namespace gpuboot::flow {

/// That `run` works on these now; what is known of their nodes stays known.
Result<void> note_begin(const Machine& machine, const Run& run,
                        const std::vector<std::string>& addresses);

/// The node of one GPU, or of every one that is served when `address` is "". Before it is made: a
/// phase that is killed in between leaves none that nobody knows of.
Result<void> note_nodes(const Machine& machine, const model::DeviceFacts& devices,
                        const std::string& address = "");

/// Its /dev/char link and node, as far as they still are what was made.
model::Plan plan_removal(const Root& root, const std::string& address);

/// Its note, and the report of the phase that was its own.
Result<void> forget_gpu(execute::Effects& effects, const std::string& address);

/// An empty one of a GPU that no phase has begun with.
model::GpuNote read_note(const Root& root, const std::string& address);

/// What the report that the GPU's note names says of it; none: no phase has ended with it.
std::optional<model::GpuReport> read_word(const Root& root, const std::string& address);

/// The GPUs of which `phase` began to work and has left no report: it died.
std::vector<std::string> left_behind(const Root& root, const std::string& phase);

} // namespace gpuboot::flow
