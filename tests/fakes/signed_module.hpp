// SPDX-License-Identifier: LGPL-2.1-or-later
// A key of its own, its certificate, and modules signed with it as the kernel's sign-file does.
#pragma once

#include <openssl/cms.h>
#include <openssl/ec.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <string>
#include <string_view>

#include "base/handle.hpp"

namespace gpuboot::fakes {

class SigningKey {
  public:
    SigningKey(std::string_view organization, std::string_view common_name, long serial)
        : key_(EVP_EC_gen("P-256")), certificate_(X509_new()) {
        X509_set_version(certificate_.get(), X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(certificate_.get()), serial);
        X509_gmtime_adj(X509_getm_notBefore(certificate_.get()), 0);
        X509_gmtime_adj(X509_getm_notAfter(certificate_.get()), 3600);
        X509_NAME* name = X509_get_subject_name(certificate_.get());
        add(name, "O", organization);
        add(name, "CN", common_name);
        X509_set_issuer_name(certificate_.get(), name);
        X509_set_pubkey(certificate_.get(), key_.get());
        X509V3_CTX context;
        X509V3_set_ctx_nodb(&context);
        X509V3_set_ctx(&context, certificate_.get(), certificate_.get(), nullptr, nullptr, 0);
        const Handle<X509_EXTENSION, X509_EXTENSION_free> id(
            X509V3_EXT_conf_nid(nullptr, &context, NID_subject_key_identifier, "hash"));
        X509_add_ext(certificate_.get(), id.get(), -1);
        X509_sign(certificate_.get(), key_.get(), EVP_sha256());
    }

    std::string certificate() const {
        std::string der(static_cast<std::size_t>(i2d_X509(certificate_.get(), nullptr)), '\0');
        auto* to = reinterpret_cast<unsigned char*>(der.data());
        i2d_X509(certificate_.get(), &to);
        return der;
    }

    /// PKCS#7 as sign-file makes it; `more` flags replace some of its choices.
    std::string message(const std::string& image, unsigned more = CMS_NOCERTS | CMS_NOATTR) const {
        const Handle<BIO, BIO_free_all> data(
            BIO_new_mem_buf(image.data(), static_cast<int>(image.size())));
        const Handle<CMS_ContentInfo, CMS_ContentInfo_free> cms(
            CMS_sign(nullptr, nullptr, nullptr, nullptr,
                     CMS_BINARY | CMS_DETACHED | CMS_PARTIAL | CMS_STREAM));
        CMS_add1_signer(cms.get(), certificate_.get(), key_.get(), EVP_sha256(),
                        CMS_BINARY | CMS_NOSMIMECAP | more);
        CMS_final(cms.get(), data.get(), nullptr, CMS_BINARY | CMS_NOSMIMECAP | more);
        std::string der(static_cast<std::size_t>(i2d_CMS_ContentInfo(cms.get(), nullptr)), '\0');
        auto* to = reinterpret_cast<unsigned char*>(der.data());
        i2d_CMS_ContentInfo(cms.get(), &to);
        return der;
    }

    std::string sign(const std::string& image) const { return append(image, message(image)); }

    static std::string trailer(std::size_t length) {
        std::string bytes("\0\0\2\0\0\0\0\0", 8);
        for (int shift = 24; shift >= 0; shift -= 8)
            bytes += static_cast<char>(length >> shift & 0xff);
        return bytes + "~Module signature appended~\n";
    }
    static std::string append(const std::string& image, const std::string& message) {
        return image + message + trailer(message.size());
    }

  private:
    static void add(X509_NAME* name, const char* field, std::string_view value) {
        if (value.empty()) return;
        X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(value.data()),
                                   static_cast<int>(value.size()), -1, 0);
    }

    Handle<EVP_PKEY, EVP_PKEY_free> key_;
    Handle<X509, X509_free> certificate_;
};

} // namespace gpuboot::fakes
