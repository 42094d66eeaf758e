// SPDX-License-Identifier: LGPL-2.1-or-later
#include "model/audit.hpp"

namespace gpuboot::model {

std::string_view to_text(AuditClass kind) {
    switch (kind) {
    case AuditClass::Setuid: return "setuid";
    case AuditClass::Program: return "program";
    case AuditClass::Library: return "library";
    case AuditClass::Module: return "module";
    case AuditClass::Initramfs: return "initramfs";
    case AuditClass::Node: return "node";
    case AuditClass::Cdi: return "cdi";
    case AuditClass::Unit: return "unit";
    case AuditClass::Udev: return "udev";
    case AuditClass::Dkms: return "dkms";
    case AuditClass::Modprobe: return "modprobe";
    }
    return "setuid";
}

} // namespace gpuboot::model
