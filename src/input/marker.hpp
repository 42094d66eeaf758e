// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads a bake's marker, strictly: every key of its format exactly once, each in its grammar.
#pragma once

#include <string>
#include <string_view>

#include "model/facts.hpp"

namespace gpuboot::input {

struct MarkerReading : model::Reading<model::Marker> {
    int newer_format = 0; ///< made by a newer gpuboot: neither read nor a flaw; 0 otherwise
};

/// `file` is the marker's path in messages, `id` the name of the folder it lies in.
MarkerReading parse_marker(const std::string& file, std::string_view id, std::string_view text);

} // namespace gpuboot::input
