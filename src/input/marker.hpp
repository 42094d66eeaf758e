// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads a bake's marker, strictly: every key of its format exactly once, each in its grammar.
#pragma once

#include <string>
#include <string_view>

#include "model/facts.hpp"

namespace gpuboot::input {

/// `file` is the marker's path in messages, `id` the name of the folder it lies in.
model::Reading<model::Marker> parse_marker(const std::string& file, std::string_view id,
                                           std::string_view text);

} // namespace gpuboot::input
