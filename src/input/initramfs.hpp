// SPDX-License-Identifier: LGPL-2.1-or-later
// The driver's modules inside an initramfs: they are loaded before any file of the real root is
// seen, so they win over whatever is baked. Unpacks the image, which takes tenths of a second:
// only for an offline tree, or when a driver runs of which no file is known.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/root.hpp"
#include "model/foreign.hpp"

namespace gpuboot::input {

/// Names of the driver's modules in an image as the kernel takes it: cpio archives ("newc") one
/// after the other, the last ones compressed (linux: Documentation/driver-api/early-userspace/
/// buffer-format.rst). Unsupported: a compression that is not read; BadInput: cut or broken.
Result<std::vector<std::string>> driver_modules_in(ByteView image);

/// The same of an image in a file; NotFound: there is none.
Result<std::vector<std::string>> driver_modules_in_file(const Root& root, const std::string& path);

/// "5 modules inside, among them X".
std::string told_of(const std::vector<std::string>& modules);

/// Of the initramfs images of this kernel in /boot; those without such a module, or of a
/// compression that is not read (lz4, lzma, bzip2), are not listed.
std::vector<model::Foreign> read_initramfs(const Root& root, const std::string& kernel);

} // namespace gpuboot::input
