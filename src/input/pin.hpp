// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads versions.toml: /etc/gpuboot first, else the shipped one. The whole file wins.
#pragma once

#include <string>

#include "base/root.hpp"
#include "model/facts.hpp"

namespace gpuboot::input {

struct PinReading {
    std::string path; ///< the file that was read, or the local one when there is none
    model::Reading<model::Pin> pin;
};

PinReading read_pin(const Root& root);

} // namespace gpuboot::input
