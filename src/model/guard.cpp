// SPDX-License-Identifier: LGPL-2.1-or-later
#include "model/guard.hpp"

namespace gpuboot::model {

std::string_view to_text(BootLoader loader) {
    switch (loader) {
    case BootLoader::None: return "no known boot loader";
    case BootLoader::Grub: return "GRUB";
    case BootLoader::SystemdBoot: return "systemd-boot";
    }
    return "";
}

std::string_view to_text(GuardStage stage) {
    switch (stage) {
    case GuardStage::Changing: return "changing";
    case GuardStage::Set: return "set";
    case GuardStage::Overruled: return "overruled";
    }
    return "";
}

} // namespace gpuboot::model
