// SPDX-License-Identifier: LGPL-2.1-or-later
// Facts as a record a person can read and write (TOML): what `gpubootctl facts` prints and what
// tests/golden/*/facts.toml holds, so that a bug report becomes a test by copying one file.
//
// What a hand-written record leaves out is as this machine would want it: a bake was made for
// [host] and [pin], its modules are those of [policy], each [[bake.file]] is as its marker says.
// `intact = true` stands for a marker and for every file that is not listed. Of pin, loaded driver
// and rebuild, what is left out is absent.
#pragma once

#include <string>

#include "base/document.hpp"
#include "model/facts.hpp"

namespace gpuboot::report {

/// Complete: leaves out only what is empty, absent or false.
Node record_of(const model::Facts& facts);

/// Strict: a wrong type or unknown key is BadInput "FILE:LINE: KEY: wanted W, found F".
Result<model::Facts> facts_of(const std::string& file, const Node& record);

} // namespace gpuboot::report
