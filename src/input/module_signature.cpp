// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/module_signature.hpp"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

#include "base/handle.hpp"
#include "input/certificate.hpp"

namespace gpuboot::input {

namespace {

using model::Signature;
using Message = Handle<CMS_ContentInfo, CMS_ContentInfo_free>;

void free_certificates(STACK_OF(X509) * certificates) { sk_X509_pop_free(certificates, X509_free); }

constexpr std::string_view magic = "~Module signature appended~\n";
constexpr std::size_t message_limit = 256 << 10; // the largest signatures in use have 50 KiB
constexpr unsigned id_pkcs7 = 2;

/// struct module_signature: algo, hash, id_type, signer_len, key_id_len, pad[3], __be32 sig_len.
constexpr std::size_t trailer_size = 12;
constexpr std::size_t id_type_at = 2;
constexpr std::size_t length_at = 8;

unsigned byte_at(ByteView bytes, std::size_t at) { return std::to_integer<unsigned>(bytes[at]); }

Signature flawed(std::string flaw) {
    Signature signature;
    signature.flaw = std::move(flaw);
    return signature;
}

void read_signer(CMS_SignerInfo* info, Signature& signature) {
    ASN1_OCTET_STRING* key_id = nullptr;
    X509_NAME* issuer = nullptr;
    ASN1_INTEGER* serial = nullptr;
    if (CMS_SignerInfo_get0_signer_id(info, &key_id, &issuer, &serial) == 1) {
        if (issuer) signature.signer = name_of(issuer);
        if (serial) signature.key_id = hex_of(serial);
        if (key_id) signature.key_id = hex_of(key_id);
    }
    X509_ALGOR* digest = nullptr;
    CMS_SignerInfo_get0_algs(info, nullptr, nullptr, &digest, nullptr);
    const ASN1_OBJECT* algorithm = nullptr;
    if (digest) X509_ALGOR_get0(&algorithm, nullptr, nullptr, digest);
    std::array<char, 64> name{};
    if (algorithm && OBJ_obj2txt(name.data(), name.size(), algorithm, 0) > 0)
        signature.hash = name.data();
}

/// What the kernel's pkcs7_verify wants of a module's signature, beyond its grammar.
std::string flaw_of(CMS_ContentInfo* message, const STACK_OF(CMS_SignerInfo) * signers) {
    if (sk_CMS_SignerInfo_num(signers) < 1) return "its PKCS#7 message names no signer";
    if (OBJ_obj2nid(CMS_get0_eContentType(message)) != NID_pkcs7_data)
        return "its PKCS#7 message signs something else than data";
    if (CMS_signed_get_attr_count(sk_CMS_SignerInfo_value(signers, 0)) > 0)
        return "its PKCS#7 message carries attributes, which kernels refuse";
    return "";
}

Signature parse_message(ByteView der) {
    const auto* cursor = reinterpret_cast<const unsigned char*>(der.data());
    const auto* const end = cursor + der.size();
    const Message message(d2i_CMS_ContentInfo(nullptr, &cursor, static_cast<long>(der.size())));
    if (!message || cursor != end || OBJ_obj2nid(CMS_get0_type(message.get())) != NID_pkcs7_signed)
        return flawed("its PKCS#7 message cannot be parsed");
    const STACK_OF(CMS_SignerInfo)* signers = CMS_get0_SignerInfos(message.get());
    Signature signature = flawed(flaw_of(message.get(), signers));
    if (!signature.flaw.empty()) return signature;
    read_signer(sk_CMS_SignerInfo_value(signers, 0), signature);
    const Handle<STACK_OF(X509), free_certificates> chain(CMS_get1_certs(message.get()));
    signature.chained = chain && sk_X509_num(chain.get()) > 0;
    return signature;
}

} // namespace

std::optional<Signature> parse_signature(ByteView image) {
    if (image.size() <= magic.size() || text_of(image.last(magic.size())) != magic)
        return std::nullopt;
    image = image.first(image.size() - magic.size());
    if (image.size() <= trailer_size) return flawed("it is cut off");
    const ByteView trailer = image.last(trailer_size);
    image = image.first(image.size() - trailer_size);
    std::size_t length = 0;
    for (std::size_t i = length_at; i < trailer_size; ++i)
        length = length << 8 | byte_at(trailer, i);
    if (length >= image.size())
        return flawed("it says it has " + std::to_string(length) + " bytes, the whole file has " +
                      std::to_string(image.size()));
    if (byte_at(trailer, id_type_at) != id_pkcs7) return std::nullopt; // ENOPKG, as if unsigned
    for (std::size_t i = 0; i < length_at; ++i)
        if (i != id_type_at && byte_at(trailer, i) != 0)
            return flawed("its fields hold what no kernel takes");
    if (length > message_limit) return flawed("it has " + std::to_string(length) + " bytes");
    Signature signature = parse_message(image.last(length));
    ERR_clear_error();
    return signature;
}

} // namespace gpuboot::input
