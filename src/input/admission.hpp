// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads the settings by which the running kernel lets modules in or keeps them out. A few small
// files; the keys only where a signature is demanded.
#pragma once

#include "base/root.hpp"
#include "model/admission.hpp"

namespace gpuboot::input {

/// What cannot be read is unknown; never an error.
model::Admission read_admission(const Root& root);

} // namespace gpuboot::input
