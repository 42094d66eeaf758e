// SPDX-License-Identifier: LGPL-2.1-or-later
// A CDI spec as the JSON that container runtimes read.
#pragma once

#include <string>

#include "model/cdi.hpp"

namespace gpuboot::report {

std::string cdi_text(const model::CdiSpec& spec);

} // namespace gpuboot::report
