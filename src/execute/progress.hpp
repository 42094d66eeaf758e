// SPDX-License-Identifier: LGPL-2.1-or-later
// Whom a bake tells how far it is.
#pragma once

#include <functional>

#include "model/progress.hpp"

namespace gpuboot::execute {

using model::Progress;
using OnProgress = std::function<void(const Progress&)>;

} // namespace gpuboot::execute
