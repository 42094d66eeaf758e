// SPDX-License-Identifier: LGPL-2.1-or-later
// How far this boot's compile is, as the file that the daemon and gpubootctl read.
#pragma once

#include <string>
#include <string_view>

#include "base/document.hpp"
#include "base/result.hpp"
#include "model/progress.hpp"

namespace gpuboot::report {

Node record_of(const model::Progress& progress);

Result<model::Progress> progress_of(std::string_view json);

} // namespace gpuboot::report
