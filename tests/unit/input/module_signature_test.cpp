// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/module_signature.hpp"

#include <doctest/doctest.h>

#include <set>

#include "fakes/module_image.hpp"
#include "fakes/signed_module.hpp"
#include "input/certificate.hpp"

using namespace gpuboot;
using fakes::SigningKey;

namespace {

const std::string image = fakes::module_image("nvidia", "6.1.0-50-cloud-amd64");
const SigningKey key("Example", "module key", 0x1f2e3d);

std::optional<model::Signature> parse(const std::string& bytes) {
    return input::parse_signature(bytes_of(bytes));
}

std::string flaw_of(const std::string& bytes) {
    const auto signature = parse(bytes);
    return signature ? signature->flaw : "unsigned";
}

} // namespace

TEST_CASE("a signature says who signed") {
    const auto signature = parse(key.sign(image));
    REQUIRE(signature);
    CHECK(signature->signer == "Example: module key");
    CHECK(signature->key_id == "1f2e3d");
    CHECK(signature->hash == "sha256");
    CHECK_FALSE(signature->chained);
    CHECK(signature->flaw == "");
}

TEST_CASE("or names its key by the subject key identifier") {
    const auto message = key.message(image, CMS_NOCERTS | CMS_NOATTR | CMS_USE_KEYID);
    const auto signature = parse(SigningKey::append(image, message));
    REQUIRE(signature);
    const auto certificate = input::parse_certificate(bytes_of(key.certificate()));
    REQUIRE(certificate);
    CHECK(signature->key_id == certificate->key_id);
    CHECK(signature->key_id.size() == 40);
    CHECK(signature->signer == "");
}

TEST_CASE("certificates that it carries are noticed, signed attributes refused") { // F-39
    CHECK(parse(SigningKey::append(image, key.message(image, CMS_NOATTR)))->chained);
    CHECK(
        flaw_of(SigningKey::append(image, key.message(image, CMS_NOCERTS))).contains("attributes"));
}

TEST_CASE("without the magic, or without PKCS#7, a module is unsigned") { // F-39
    CHECK(flaw_of(image) == "unsigned");
    CHECK(flaw_of("") == "unsigned");
    std::string flipped = key.sign(image);
    flipped[flipped.size() - 5] ^= 1;
    CHECK(flaw_of(flipped) == "unsigned");
    std::string pgp = key.sign(image);
    pgp[pgp.size() - 28 - 10] = 0;
    CHECK(flaw_of(pgp) == "unsigned");
}

TEST_CASE("a trailer that no kernel takes is a flaw") {            // F-39
    CHECK(flaw_of("~Module signature appended~\n") == "unsigned"); // as the kernel sees it
    CHECK(flaw_of("x~Module signature appended~\n") == "it is cut off");
    CHECK(flaw_of(image + SigningKey::trailer(image.size())).contains("the whole file has"));
    CHECK(flaw_of(image + SigningKey::trailer(0xffffffff)).contains("4294967295"));
    CHECK(flaw_of(image + SigningKey::trailer(0)).contains("cannot be parsed"));
    CHECK(flaw_of(SigningKey::append(image, std::string(300 << 10, 'x'))).contains("307200 bytes"));
    for (const std::size_t at : {0, 1, 3, 4, 5, 6, 7}) {
        std::string odd = key.sign(image);
        odd[odd.size() - 28 - 12 + at] = 1;
        CHECK(flaw_of(odd).contains("no kernel takes"));
    }
}

TEST_CASE("a signed module cut anywhere is unsigned or flawed, never signed") { // F-39
    const std::string whole = key.sign(image);
    for (std::size_t length = 0; length < whole.size(); ++length)
        CHECK(flaw_of(whole.substr(0, length)) == "unsigned");
    const std::string message = key.message(image);
    for (std::size_t length = 0; length < message.size(); ++length) { // and honest about it
        CHECK(flaw_of(SigningKey::append(image, message.substr(0, length))).contains("parsed"));
        CHECK(flaw_of(SigningKey::append(image, message.substr(length + 1))).contains("parsed"));
    }
    CHECK(flaw_of(SigningKey::append(image, message + '\0')).contains("parsed"));
}

TEST_CASE("no flipped bit of the message crashes or hangs the reader") { // F-39
    const std::string whole = key.sign(image);
    std::set<std::string> flaws;
    for (std::size_t at = image.size(); at < whole.size(); ++at)
        for (int bit = 0; bit < 8; ++bit) {
            std::string flipped = whole;
            flipped[at] = static_cast<char>(flipped[at] ^ 1 << bit);
            flaws.insert(flaw_of(flipped));
        }
    CHECK(flaws.size() > 5);
}
