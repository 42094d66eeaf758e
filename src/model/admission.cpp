// SPDX-License-Identifier: LGPL-2.1-or-later
#include "model/admission.hpp"

#include <array>

namespace gpuboot::model {

namespace {

using enum Lockdown;

constexpr std::array modes{Unknown, None, Integrity, Confidentiality};

} // namespace

std::string_view to_text(Lockdown mode) {
    switch (mode) {
    case Unknown: return "unknown";
    case None: return "none";
    case Integrity: return "integrity";
    case Confidentiality: return "confidentiality";
    }
    return "";
}

std::optional<Lockdown> lockdown_of(std::string_view word) {
    for (const Lockdown mode : modes)
        if (word == to_text(mode)) return mode;
    return std::nullopt;
}

std::string demand_of(const Admission& admission) {
    if (admission.sig_enforce.value_or(false)) return "module.sig_enforce=1";
    if (admission.lockdown != Integrity && admission.lockdown != Confidentiality) return "";
    const std::string setting = "lockdown=" + std::string(to_text(admission.lockdown));
    return admission.secure_boot.value_or(false) ? setting + ", Secure Boot is on" : setting;
}

std::string key_name(std::string_view organization, std::string_view common_name) {
    constexpr std::size_t telling = 7; // so many equal bytes at the start make the O redundant
    if (organization.empty()) return std::string(common_name);
    if (common_name.empty()) return std::string(organization);
    const bool alike = common_name.starts_with(organization) ||
                       (organization.size() >= telling &&
                        common_name.starts_with(organization.substr(0, telling)));
    if (alike) return std::string(common_name);
    return std::string(organization) + ": " + std::string(common_name);
}

} // namespace gpuboot::model
