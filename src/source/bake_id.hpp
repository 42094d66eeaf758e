// SPDX-License-Identifier: LGPL-2.1-or-later
// The name of a bake: same inputs, same name, no rebuild. Its last part is taken from a SHA-256
// over these lines, in this order:
//   gpuboot bake 1            the format; raised whenever gpuboot builds differently
//   driver <version>
//   kind <open|proprietary|grid>
//   source <dkms:name>
//   source_sha256 <hex>
//   kernel <release>
//   arch <machine>
//   kernel_config_sha256 <hex>
//   compiler <first line of its --version>
//   patches none
//   userspace_sha256 <hex>    only of a bake that bundles its userspace
//   module <name>             one for each of Marker::asked
#pragma once

#include <string>

#include "model/marker.hpp"

namespace gpuboot::source {

/// From the inputs a marker records; its id and modules play no part.
std::string bake_id(const model::Marker& inputs);

} // namespace gpuboot::source
