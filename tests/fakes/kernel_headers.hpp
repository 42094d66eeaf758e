// SPDX-License-Identifier: LGPL-2.1-or-later
// What a compile for a kernel needs, laid out in a tree as Debian does: headers and programs, all
// of them empty but for what gpuboot reads.
#pragma once

#include <sys/utsname.h>

#include <string>

#include "fakes/temporary_root.hpp"

namespace gpuboot::fakes {

inline std::string kernel_config(const std::string& compiler_text) {
    struct utsname machine{};
    ::uname(&machine);
    const bool arm = std::string_view(machine.machine) == "aarch64";
    return std::string(arm ? "CONFIG_ARM64=y\n" : "CONFIG_X86_64=y\n") +
           "CONFIG_MODULES=y\nCONFIG_OBJTOOL=y\nCONFIG_CC_VERSION_TEXT=\"" + compiler_text + "\"\n";
}

inline void install_headers(const auto& tree, const std::string& kernel,
                            const std::string& compiler_text) {
    const std::string headers = "/usr/src/linux-headers-" + kernel;
    tree.link("/lib/modules/" + kernel + "/build", headers);
    tree.link("/lib/modules/" + kernel + "/source", headers + "-common");
    tree.link(headers + "/scripts", "../../lib/linux-kbuild-6.1/scripts");
    tree.link(headers + "/tools", "../../lib/linux-kbuild-6.1/tools");
    tree.write(headers + "-common/Makefile", "");
    tree.write(headers + "/Makefile", "");
    tree.write(headers + "/.config", kernel_config(compiler_text));
    tree.write(headers + "/Module.symvers", "");
    tree.write(headers + "/include/generated/autoconf.h", "");
    tree.write(headers + "/include/generated/utsrelease.h",
               "#define UTS_RELEASE \"" + kernel + "\"\n");
    tree.write("/usr/lib/linux-kbuild-6.1/scripts/mod/modpost", "");
    tree.write("/usr/lib/linux-kbuild-6.1/tools/objtool/objtool", "");
}

inline void install_programs(const auto& tree) {
    for (const char* path :
         {"/bin/sh", "/usr/bin/make", "/usr/bin/ld", "/usr/bin/strip", "/usr/bin/gcc-12"})
        tree.write(path, "");
}

} // namespace gpuboot::fakes
