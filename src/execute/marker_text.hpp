// SPDX-License-Identifier: LGPL-2.1-or-later
// Writes a marker in the very form input/marker.hpp reads.
#pragma once

#include <string>

#include "model/marker.hpp"

namespace gpuboot::execute {

std::string marker_text(const model::Marker& marker);

} // namespace gpuboot::execute
