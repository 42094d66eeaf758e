// SPDX-License-Identifier: LGPL-2.1-or-later
// The keys by which this kernel verifies modules, as far as root can read them: /proc/keys shows
// names, the list of machine owner keys (MokListRT) whole certificates.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/root.hpp"
#include "model/admission.hpp"

namespace gpuboot::input {

/// Absent when any of these lists is there and cannot be read, or when there is no key at all:
/// then nobody can say of a key that the kernel does not know it.
std::optional<std::vector<model::TrustedKey>> read_trusted_keys(const Root& root);

/// "1f0a4e7e I------ 1 perm 1f030000 0 0 asymmetri NAME: HEX: X509.rsa bb419ea1 []"; lines of
/// other types, of other users and of revoked keys are passed over.
std::vector<model::TrustedKey> keys_of_proc(const std::string& text);

} // namespace gpuboot::input
