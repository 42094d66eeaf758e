// SPDX-License-Identifier: LGPL-2.1-or-later
// What an audit tells: a leftover of a driver that a machine would pick up although gpuboot has
// activated nothing.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace gpuboot::model {

/// In the order of their words.
enum class AuditClass {
    Cdi,       ///< a CDI spec: containers are given the GPU by it
    Dkms,      ///< a registration: compiled again with each kernel
    Initramfs, ///< a module inside an initramfs, or an image that cannot be looked into
    Library,   ///< where the dynamic loader finds it
    Modprobe,  ///< a line of modprobe.d or modules-load.d
    Module,    ///< a module of a kernel, or an index that leads to one
    Node,      ///< a device node, or a link to one
    Program,   ///< on PATH
    Setuid,    ///< gives its file's rights to whoever runs it
    Udev,      ///< a rule
    Unit,      ///< an enabled unit
};

inline constexpr std::array audit_classes{
    AuditClass::Cdi,      AuditClass::Dkms,   AuditClass::Initramfs, AuditClass::Library,
    AuditClass::Modprobe, AuditClass::Module, AuditClass::Node,      AuditClass::Program,
    AuditClass::Setuid,   AuditClass::Udev,   AuditClass::Unit};

std::string_view to_text(AuditClass kind);

struct Finding {
    AuditClass kind = AuditClass::Cdi;
    std::string path;
    std::string detail; ///< what makes it count: "kernel 6.1.0-50-cloud-amd64"; may be ""
    std::string owner;  ///< "package X", "gpuboot", "nobody"; "unknown" where nobody could be asked

    bool operator==(const Finding&) const = default;
};

} // namespace gpuboot::model
