// SPDX-License-Identifier: LGPL-2.1-or-later
// Makes a folder that an untrusted program wrote into deletable: every directory in it belongs to
// this process again and may be entered, and none is nested so deep that walking it would run out
// of file descriptors. Works without CAP_DAC_OVERRIDE.
#pragma once

#include <string>

#include "base/result.hpp"

namespace gpuboot::execute {

Result<void> reclaim(int directory, const std::string& path);

} // namespace gpuboot::execute
