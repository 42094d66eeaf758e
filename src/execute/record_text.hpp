// SPDX-License-Identifier: LGPL-2.1-or-later
// A record as it lies on disk: one sealed line (base/sealed.hpp), read by input/records.
#pragma once

#include <string>

#include "model/records.hpp"

namespace gpuboot::execute {

std::string text_of(const model::Record& record);

} // namespace gpuboot::execute
