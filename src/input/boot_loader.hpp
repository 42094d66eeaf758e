// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads which boot loader chooses the kernel, and what it would choose. Never fails: what cannot be
// read is the choice's `flaw`.
#pragma once

#include "base/root.hpp"
#include "model/boot_choice.hpp"

namespace gpuboot::input {

/// systemd-boot where its program and loader.conf lie on a boot partition, unless grub.cfg is there
/// as well and the firmware does not say that systemd-boot ran (LoaderInfo); else GRUB where
/// grub.cfg is.
model::BootChoice read_boot_choice(const Root& root);

/// What a default is read from and written to; BadInput for what is no such file.
Result<std::string> read_default_file(const Root& root, const model::BootChoice& choice);

/// That text with another default; "" takes it out.
Result<std::string> with_default(const model::BootChoice& choice, const std::string& text,
                                 const std::string& value);

} // namespace gpuboot::input
