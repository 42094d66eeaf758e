// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/certificate.hpp"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/handle.hpp"

namespace gpuboot::input {

namespace {

using Certificate = Handle<X509, X509_free>;

constexpr std::size_t name_limit = 256;
constexpr std::size_t guid_size = 16;
constexpr std::size_t list_header_size = guid_size + 3 * sizeof(std::uint32_t);
/// EFI_CERT_X509_GUID a5c059a1-94e4-4aa7-87b5-ab155c2bf072, as it lies in memory.
constexpr std::array<unsigned char, guid_size> x509_guid{
    0xa1, 0x59, 0xc0, 0xa5, 0xe4, 0x94, 0xa7, 0x4a, 0x87, 0xb5, 0xab, 0x15, 0x5c, 0x2b, 0xf0, 0x72};

std::string part_of(const X509_NAME* name, int nid) {
    const int index = X509_NAME_get_index_by_NID(name, nid, -1);
    if (index < 0) return "";
    const ASN1_STRING* text = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index));
    const auto length = static_cast<std::size_t>(ASN1_STRING_length(text));
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
            std::min(length, name_limit)};
}

std::uint32_t little_endian(ByteView bytes) {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < sizeof number; ++i)
        number |= std::to_integer<std::uint32_t>(bytes[i]) << (8 * i);
    return number;
}

bool of_certificates(ByteView list) {
    return std::ranges::equal(list.first(guid_size), x509_guid, {},
                              [](std::byte b) { return std::to_integer<unsigned char>(b); });
}

} // namespace

std::string name_of(const X509_NAME* name) {
    return model::key_name(part_of(name, NID_organizationName), part_of(name, NID_commonName));
}

std::string hex_of(const ASN1_STRING* bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    const unsigned char* data = ASN1_STRING_get0_data(bytes);
    const int length = std::min(ASN1_STRING_length(bytes), 64); // no key is longer known by name
    for (int i = 0; i < length; ++i) {
        text += digits[data[i] >> 4];
        text += digits[data[i] & 15];
    }
    return text;
}

std::optional<model::TrustedKey> parse_certificate(ByteView der) {
    const auto* cursor = reinterpret_cast<const unsigned char*>(der.data());
    const Certificate certificate(d2i_X509(nullptr, &cursor, static_cast<long>(der.size())));
    ERR_clear_error();
    if (!certificate) return std::nullopt;
    model::TrustedKey key;
    key.name = name_of(X509_get_subject_name(certificate.get()));
    key.issuer = name_of(X509_get_issuer_name(certificate.get()));
    key.serial = hex_of(X509_get0_serialNumber(certificate.get()));
    const ASN1_OCTET_STRING* identifier = X509_get0_subject_key_id(certificate.get());
    key.key_id = identifier ? hex_of(identifier) : key.serial;
    ERR_clear_error();
    return key;
}

std::optional<std::vector<model::TrustedKey>> parse_signature_lists(ByteView lists) {
    std::vector<model::TrustedKey> keys;
    while (!lists.empty()) {
        if (lists.size() < list_header_size) return std::nullopt;
        const std::size_t size = little_endian(lists.subspan(guid_size));
        const std::size_t header = little_endian(lists.subspan(guid_size + 4));
        const std::size_t each = little_endian(lists.subspan(guid_size + 8));
        if (size < list_header_size || size > lists.size() || header > size - list_header_size ||
            each <= guid_size)
            return std::nullopt;
        ByteView entries = lists.first(size).subspan(list_header_size + header);
        for (; entries.size() >= each && of_certificates(lists); entries = entries.subspan(each))
            if (auto key = parse_certificate(entries.first(each).subspan(guid_size)))
                keys.push_back(std::move(*key));
        lists = lists.subspan(size);
    }
    return keys;
}

} // namespace gpuboot::input
