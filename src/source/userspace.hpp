// SPDX-License-Identifier: LGPL-2.1-or-later
// The userspace that a pin wants in its bakes: a folder laid out as a bake is (lib, bin, firmware,
// share), with the proof that it is the very one, and of the driver's version in all its names.
#pragma once

#include <string>
#include <vector>

#include "base/root.hpp"
#include "model/marker.hpp"
#include "model/pin.hpp"

namespace gpuboot::source {

struct Userspace {
    std::string folder; ///< inside the root; holds `files`
    std::string sha256; ///< equal to the pin's
    std::vector<model::BundledFile> files;
};

/// `arch` as uname -m says it. Where the pin's folder is gone, the files are taken from a bake in
/// `bakes` (folders) that holds the very same ones: a kernel's upgrade needs no new userspace.
/// Every Error says what is wrong and what was wanted. The pin must want a userspace.
Result<Userspace> read_userspace(const Root& root, const model::Pin& pin, std::string_view arch,
                                 const std::vector<std::string>& bakes);

} // namespace gpuboot::source
