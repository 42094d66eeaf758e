// SPDX-License-Identifier: LGPL-2.1-or-later
// Admission: which modules the running kernel lets in, as far as its settings can be read, and the
// signature a module carries. What could not be read is a value of its own, never a guess.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gpuboot::model {

/// A module's signature. It says who claims to have signed; only the kernel verifies it.
struct Signature {
    std::string signer;   ///< issuer of the signing key, as the kernel writes names: "O: CN"
    std::string key_id;   ///< hex: the key's serial number, or its subject key identifier
    std::string hash;     ///< "sha256"
    bool chained = false; ///< carries certificates: its key need not be one the kernel lists
    std::string flaw;     ///< why every kernel refuses it, whatever it demands; "" when none does

    bool operator==(const Signature&) const = default;
};

/// A key the kernel trusts.
struct TrustedKey {
    std::string name;   ///< its subject, as the kernel writes names
    std::string key_id; ///< hex: subject key identifier; the serial number where it has none
    std::string issuer; ///< with `serial` from a certificate that could be read; "" from /proc/keys
    std::string serial;

    bool operator==(const TrustedKey&) const = default;
};

enum class Lockdown { Unknown, None, Integrity, Confidentiality };

std::string_view to_text(Lockdown mode);
std::optional<Lockdown> lockdown_of(std::string_view word);

struct Admission {
    std::string loading_disabled;    ///< the setting that forbids every load; "" when none does
    std::optional<bool> sig_enforce; ///< absent: unknown, or this kernel knows no signatures
    Lockdown lockdown = Lockdown::Unknown;
    std::optional<bool> secure_boot;    ///< absent: no EFI machine, or it could not be read
    std::vector<std::string> blacklist; ///< module_blacklist=, in the kernel's words
    /// Read only where a signature is demanded. Absent: not read, or not all could be.
    std::optional<std::vector<TrustedKey>> keys;

    bool operator==(const Admission&) const = default;
};

/// The setting by which this kernel takes signed modules alone; "" when it takes others, or that
/// is unknown.
std::string demand_of(const Admission& admission);

/// "O: CN", or the CN alone where it begins with the O (linux: x509_fabricate_name).
std::string key_name(std::string_view organization, std::string_view common_name);

} // namespace gpuboot::model
