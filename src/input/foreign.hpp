// SPDX-License-Identifier: LGPL-2.1-or-later
// Copies of the driver that are not gpuboot's. Cheap enough for every boot: names are listed, the
// head of one module a folder is parsed, no program is asked (`dkms status` least of all, whose
// exit status and text prove nothing).
#pragma once

#include <string>
#include <vector>

#include "base/root.hpp"
#include "model/foreign.hpp"

namespace gpuboot::input {

/// Of this kernel: modules, an older tool's marker. Of all: DKMS registrations, relocated
/// libraries.
std::vector<model::Foreign> read_foreign(const Root& root, const std::string& kernel);

} // namespace gpuboot::input
