// SPDX-License-Identifier: LGPL-2.1-or-later
// What of a GPU driver a machine would pick up by itself, without anybody activating a bake.
#pragma once

#include <compare>
#include <string>
#include <string_view>

namespace gpuboot::model {

enum class AuditClass {
    Setuid,    ///< a program that gives rights, on PATH or in a store of bakes
    Program,   ///< on PATH
    Library,   ///< where the loader looks, by its cache or by itself
    Module,    ///< in a kernel's own tree, by file or in depmod's lists
    Initramfs, ///< a module in one
    Node,      ///< in /dev
    Cdi,       ///< a spec that offers GPUs to containers
    Unit,      ///< one that is pulled in
    Udev,      ///< a rule
    Dkms,      ///< a registration: each new kernel is compiled for
    Modprobe,  ///< a setting that loads, or keeps another driver away
};

std::string_view to_text(AuditClass kind);

struct Finding {
    AuditClass kind = AuditClass::Setuid;
    std::string path;
    std::string detail{}; ///< "mode 4755", "3 modules"; may be ""
    std::string owner{};  ///< "package X", "nobody", "unknown" where no package database tells

    auto operator<=>(const Finding&) const = default;
};

} // namespace gpuboot::model
