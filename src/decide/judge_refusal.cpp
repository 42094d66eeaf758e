// SPDX-License-Identifier: LGPL-2.1-or-later
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "decide/judge_admission.hpp"

namespace gpuboot::decide {

namespace {

using namespace model;
using enum ReasonCode;

std::string name_of(int error) {
    const char* name = ::strerrorname_np(error); // null: no errno of this libc
    if (!name) return "errno " + std::to_string(error);
    return std::string(name) + " (" + ::strerrordesc_np(error) + ")";
}

/// What stands between the first two marks behind `text`; "" when it is not there.
std::string between(std::string_view text, std::string_view behind, char first, char last) {
    const auto begin = text.find(behind);
    if (begin == std::string_view::npos) return "";
    text.remove_prefix(begin + behind.size());
    const auto open = text.find(first);
    if (open == std::string_view::npos) return "";
    text.remove_prefix(open + 1);
    const auto close = text.find(last);
    return close == std::string_view::npos ? "" : std::string(text.substr(0, close));
}

/// "nvidia: `x' invalid for parameter `y'" names y (linux: kernel/params.c, parse_args).
std::string bad_parameter(std::string_view line) {
    std::string name = between(line, "invalid for parameter", '`', '\'');
    return name.empty() ? between(line, "too large for parameter", '`', '\'') : name;
}

/// Of the settings that answer EPERM, the one that did; the kernel's own line knows best.
std::string forbidding(const Facts& facts, const RefusedLoad& refused) {
    const std::string_view line = refused.kernel_line;
    const Admission admission = facts.admission.value_or(Admission{});
    if (!admission.loading_disabled.empty()) return admission.loading_disabled;
    const auto& blacklist = admission.blacklist;
    if (line.ends_with("is blacklisted") ||
        std::ranges::find(blacklist, refused.module) != blacklist.end())
        return "module_blacklist= on the kernel command line";
    std::string demand = demand_of(admission);
    if (line.starts_with("Lockdown: "))
        return demand.starts_with("lockdown") ? demand : "kernel lockdown";
    if (demand.starts_with("lockdown")) return demand;
    return facts.admission ? "no CAP_SYS_MODULE in this process" : "";
}

std::string signing(const Facts& facts, const BakeFact& bake, const RefusedLoad& refused) {
    const auto& modules = bake.marker.value ? bake.marker.value->modules : Marker{}.modules;
    std::string text = facts.admission ? demand_of(*facts.admission) : "";
    for (std::size_t i = 0; i < std::min(modules.size(), bake.files.size()); ++i) {
        const auto& signature = bake.files[i].signature;
        if (modules[i].name != refused.module || !signature) continue;
        text += (text.empty() ? "" : ", ") + std::string("signed by \"") + signature->signer +
                "\" (key " + signature->key_id + ")";
    }
    return text;
}

} // namespace

bool may_pass(int error) { return error == ENOMEM || error == EFAULT || error == EIO; }

Reason judge_refusal(const Facts& facts, const BakeFact& bake, const RefusedLoad& refused) {
    const std::string subject = refused.module + " of " + bake.id;
    const auto reason = [&](ReasonCode code, std::string wanted, const std::string& cause) {
        std::string found = name_of(refused.error);
        if (!cause.empty()) found += ", " + cause;
        if (!refused.kernel_line.empty()) found += ", kernel: " + refused.kernel_line;
        return Reason{code, subject, std::move(wanted), std::move(found)};
    };
    switch (refused.error) {
    case ENODEV:
        if (refused.kernel_line.contains("was not called for")) // nv.c: all are bound already
            return {GpuHeldByOther, "of this machine", "nvidia or no driver",
                    "another driver, kernel: " + refused.kernel_line};
        return reason(GpuUnsupported, "a GPU this driver knows", "");
    case EPERM:
        return reason(LoadForbidden, "a module this kernel lets in", forbidding(facts, refused));
    case EKEYREJECTED:
    case EBADMSG: // the signature could not even be parsed
    case ENOKEY:
    case ENOPKG:
        return reason(LoadForbidden, "a module this kernel lets in", signing(facts, bake, refused));
    case EINVAL:
    case ENOSPC:
        if (const auto name = bad_parameter(refused.kernel_line); !name.empty())
            return reason(ParameterRefused, "a value that fits parameter " + name, "");
        break;
    case ENOMEM:
    case EFAULT:
    case EIO: return reason(LoadFailed, "a module this kernel takes", "");
    default: break;
    }
    return reason(LoadRefused, "a module this kernel takes", "");
}

} // namespace gpuboot::decide
