// SPDX-License-Identifier: LGPL-2.1-or-later
#include "model/audit.hpp"

namespace gpuboot::model {

std::string_view to_text(AuditClass kind) {
    switch (kind) {
    case AuditClass::Cdi: return "cdi";
    case AuditClass::Dkms: return "dkms";
    case AuditClass::Initramfs: return "initramfs";
    case AuditClass::Library: return "library";
    case AuditClass::Modprobe: return "modprobe";
    case AuditClass::Module: return "module";
    case AuditClass::Node: return "node";
    case AuditClass::Program: return "program";
    case AuditClass::Setuid: return "setuid";
    case AuditClass::Udev: return "udev";
    case AuditClass::Unit: return "unit";
    }
    return "unit";
}

} // namespace gpuboot::model
