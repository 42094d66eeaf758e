// SPDX-License-Identifier: LGPL-2.1-or-later
// Whether a bake on disk is what its name and its marker say: the judgement a boot makes, before
// a byte of it reaches the kernel, made when it is written and when it is to be kept.
#pragma once

#include <string>

#include "base/root.hpp"
#include "model/marker.hpp"

namespace gpuboot::execute {

/// Of a bundled userspace a boot only looks at the files; what is kept for good is read.
enum class Depth { Looks, Reads };

/// Reads `folder` as the bake that `inputs` lead to; the first thing wrong with it, "" when it is
/// fit. The modules of `inputs` play no part.
std::string unfit(const Root& root, const std::string& folder, const model::Marker& inputs,
                  Depth depth = Depth::Reads);

} // namespace gpuboot::execute
