// SPDX-License-Identifier: LGPL-2.1-or-later
// Gives modules to the running kernel and takes them back. libkmod resolves names, dependencies
// and modprobe.d's parameters; the bytes of a bake come from the caller, who verified them.
// Error::sys is the kernel's errno (linux: kernel/module/main.c, order of load_module).
#pragma once

#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace gpuboot::execute {

/// init_module(2) with the parameters modprobe.d has for `name`. Live already: fine.
Result<void> insert_image(const std::string& name, ByteView image);

/// A module of /lib/modules/$(uname -r), with what it depends on. Live or built in: fine.
Result<void> insert_from_tree(const std::string& name);

/// delete_module(2), never forced (O_TRUNC would be obeyed by Debian's kernels). Not live: fine.
Result<void> remove_module(const std::string& name);

} // namespace gpuboot::execute
