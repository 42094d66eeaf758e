// SPDX-License-Identifier: LGPL-2.1-or-later
#include "model/policy.hpp"

namespace gpuboot::model {

std::string_view to_text(ReplaceLoaded when) {
    return when == ReplaceLoaded::Never ? "never" : "if-idle";
}

std::string_view to_text(PersistenceRule rule) {
    switch (rule) {
    case PersistenceRule::Auto: return "auto";
    case PersistenceRule::Hold: return "hold";
    case PersistenceRule::Off: return "off";
    }
    return "";
}

std::string_view to_text(FabricManagerRule rule) {
    return rule == FabricManagerRule::Auto ? "auto" : "off";
}

std::string_view to_text(ReadyTest test) {
    switch (test) {
    case ReadyTest::Bound: return "bound";
    case ReadyTest::Open: return "open";
    case ReadyTest::Nvml: return "nvml";
    }
    return "open";
}

std::string_view to_text(UserspaceRule rule) {
    switch (rule) {
    case UserspaceRule::IfPresent: return "if-present";
    case UserspaceRule::Required: return "required";
    case UserspaceRule::Ignore: return "ignore";
    }
    return "";
}

} // namespace gpuboot::model
