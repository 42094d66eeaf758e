// SPDX-License-Identifier: LGPL-2.1-or-later
// Names and numbers of X.509, in the words in which the kernel shows them in /proc/keys.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "model/admission.hpp"

struct X509_name_st;
struct asn1_string_st;

namespace gpuboot::input {

std::string name_of(const X509_name_st* name);
std::string hex_of(const asn1_string_st* bytes);

/// One certificate in DER; absent when it is none.
std::optional<model::TrustedKey> parse_certificate(ByteView der);

/// The certificates of EFI signature lists (UEFI 2.10, 32.4.1), such as MokListRT. Absent when the
/// lists are cut off or contradict themselves; what is no certificate is passed over.
std::optional<std::vector<model::TrustedKey>> parse_signature_lists(ByteView lists);

} // namespace gpuboot::input
