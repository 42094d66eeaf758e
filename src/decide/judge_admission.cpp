// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/judge_admission.hpp"

#include <algorithm>

namespace gpuboot::decide {

namespace {

using namespace model;
using enum ReasonCode;

bool contains(const std::vector<std::string>& names, const std::string& name) {
    return std::ranges::find(names, name) != names.end();
}

/// Adds a module of the bake and all it stands on, the kernel's own modules too.
void add_closure(const Marker& marker, const std::string& name, std::vector<std::string>& names) {
    if (contains(names, name)) return;
    names.push_back(name);
    const auto module = std::ranges::find(marker.modules, name, &MarkerModule::name);
    if (module == marker.modules.end()) return;
    for (const std::string& needed : module->depends)
        add_closure(marker, needed, names);
}

/// Names of all modules that loading this bake would load.
std::vector<std::string> modules_to_load(const Facts& facts, const Marker& marker) {
    std::vector<std::string> names;
    for (const std::string& file : facts.policy.modules)
        if (const MarkerModule* module = module_of_file(marker, file))
            add_closure(marker, module->name, names);
    return names;
}

/// The kernel finds a signing key by issuer and serial number, or by its subject key identifier.
bool may_be(const TrustedKey& key, const Signature& signature) {
    if (!signature.key_id.empty() && key.key_id == signature.key_id) return true;
    if (signature.signer.empty()) return false;
    // Of /proc/keys' keys the issuer is not told. A self-signed one bears the issuer's name, and
    // an issuer that is itself trusted may have signed one that is.
    if (key.serial.empty()) return key.name == signature.signer;
    return key.issuer == signature.signer && key.serial == signature.key_id;
}

bool surely_unknown(const Admission& admission, const Signature& signature) {
    const auto fits = [&](const TrustedKey& key) { return may_be(key, signature); };
    return !signature.chained && admission.keys && std::ranges::none_of(*admission.keys, fits);
}

std::optional<Reason> judge_signature(const Facts& facts, const std::string& file,
                                      const std::optional<Signature>& signature) {
    if (signature && !signature->flaw.empty())
        return Reason{SignatureDamaged, file, "a whole signature, or none", signature->flaw};
    const std::string demand = facts.admission ? demand_of(*facts.admission) : "";
    if (demand.empty()) return std::nullopt;
    if (!signature) return Reason{SignatureMissing, file, demand, "no signature"};
    if (!surely_unknown(*facts.admission, *signature)) return std::nullopt;
    return Reason{SigningKeyUnknown, file, demand,
                  "\"" + signature->signer + "\" (key " + signature->key_id + ")"};
}

} // namespace

std::optional<Reason> judge_loading(const Facts& facts) {
    if (!facts.admission || facts.admission->loading_disabled.empty()) return std::nullopt;
    return Reason{ModulesDisabled, "", "a kernel that takes modules",
                  facts.admission->loading_disabled};
}

std::vector<Reason> judge_admission(const Facts& facts, const BakeFact& bake) {
    std::vector<Reason> reasons;
    const Marker& marker = *bake.marker.value;
    const auto loaded = modules_to_load(facts, marker);
    for (const std::string& name : loaded)
        if (facts.admission && contains(facts.admission->blacklist, name))
            reasons.push_back({ModuleBlacklisted, name, "a module that may load",
                               "module_blacklist= on the kernel command line"});
    for (std::size_t i = 0; i < std::min(bake.files.size(), marker.modules.size()); ++i) {
        if (!contains(loaded, marker.modules[i].name)) continue;
        auto reason =
            judge_signature(facts, bake.id + "/" + bake.files[i].path, bake.files[i].signature);
        if (reason) reasons.push_back(std::move(*reason));
    }
    return reasons;
}

std::optional<Reason> judge_compiled(const Facts& facts) {
    return judge_signature(facts, "a bake compiled here", std::nullopt);
}

} // namespace gpuboot::decide
