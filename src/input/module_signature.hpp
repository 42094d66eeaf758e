// SPDX-License-Identifier: LGPL-2.1-or-later
// The signature at the end of a module image, as far as it can be read without the signer's key:
// image | PKCS#7 message | struct module_signature | magic (linux: kernel/module/signing.c,
// kernel/module_signature.c). Only the tail is looked at. What every kernel refuses, whatever it
// demands, is a flaw; what it takes for an unsigned module (no magic, no PKCS#7) is absent.
#pragma once

#include <optional>

#include "base/bytes.hpp"
#include "model/admission.hpp"

namespace gpuboot::input {

/// `image` as it is given to the kernel, uncompressed.
std::optional<model::Signature> parse_signature(ByteView image);

} // namespace gpuboot::input
