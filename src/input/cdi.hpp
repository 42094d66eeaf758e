// SPDX-License-Identifier: LGPL-2.1-or-later
// What a container needs of the machine beside device nodes: the driver's libraries, programs,
// firmware and sockets, as they lie here now. Looks at names and links; opens no library.
#pragma once

#include <string>

#include "base/root.hpp"
#include "model/cdi.hpp"

namespace gpuboot::input {

/// Of the live driver `version`, for programs of `arch` (uname -m). What is not installed is left
/// out; a spec of another that cannot be read counts as one for other devices.
model::CdiFacts read_cdi(const Root& root, const std::string& version, const std::string& arch);

/// "nvidia.com/gpu" of a spec in JSON or, by the name of its file, YAML; "" when it does not say.
std::string kind_of_spec(const std::string& path, const std::string& text);

} // namespace gpuboot::input
