// SPDX-License-Identifier: LGPL-2.1-or-later
// What a module says of itself, read from its bytes in memory: its shape, its .modinfo, the
// symbols it imports with their CRCs, and the names it exports. Nothing is opened or reopened.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace gpuboot::input {

/// A symbol as the kernel that the module was built for exports it.
struct Import {
    std::string symbol;
    std::uint32_t crc = 0;
};

struct ModuleImage {
    std::string name; ///< in the kernel's words: nvidia_uvm
    std::string vermagic;
    std::string srcversion; ///< "" when it carries none
    std::string version;    ///< MODULE_VERSION; "" when it carries none
    std::vector<std::string> depends;
    std::vector<Import> imports; ///< empty when it was built without modversions
    std::vector<std::string> exports;
};

/// BadInput: why no kernel of this architecture (as uname -m says it) takes it for a module.
Result<ModuleImage> read_module_image(ByteView bytes, std::string_view arch);

} // namespace gpuboot::input
