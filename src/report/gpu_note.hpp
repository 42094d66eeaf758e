// SPDX-License-Identifier: LGPL-2.1-or-later
// The note of a GPU as the file in /run/gpuboot/gpu holds it.
#pragma once

#include <string>

#include "base/result.hpp"
#include "model/gpu_note.hpp"

namespace gpuboot::report {

std::string note_text(const model::GpuNote& note);

/// BadInput when it is no TOML, or names no phase.
Result<model::GpuNote> note_of(std::string_view text);

/// As /run/gpuboot/gpu names it: <address>.toml.
std::string note_name(const std::string& address);

} // namespace gpuboot::report
