// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/admission.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "fakes/signed_module.hpp"
#include "fakes/temporary_root.hpp"
#include "input/certificate.hpp"
#include "input/trusted_keys.hpp"

using namespace gpuboot;
using namespace gpuboot::model;
using fakes::TemporaryRoot;

namespace {

constexpr const char* lockdown = "/sys/kernel/security/lockdown";
constexpr const char* enforce = "/sys/module/module/parameters/sig_enforce";
constexpr const char* mok = "/sys/firmware/efi/mok-variables/MokListRT";

// As Debian's 6.1 prints them.
constexpr const char* proc_keys =
    "0a8e20c4 I------     1 perm 1f0b0000     0     0 keyring   .builtin_trusted_keys: 2\n"
    "1c2a0e56 I------     1 perm 1f030000     0     0 asymmetri Debian Secure Boot CA: "
    "6ccece7e4c6c0d1f6149f3dd27dfcc5cbb419ea1: X509.rsa bb419ea1 []\n"
    "2d00aaaa I------     1 perm 1f030000     0     0 asymmetri Odd: name: 0a1b: X509.rsa 0a1b []\n"
    "33c4b1d2 IR-----     1 perm 1f030000     0     0 asymmetri Revoked: aa: X509.rsa aa []\n"
    "33c4b1d3 I------     1 perm 3f010000  1000  1000 asymmetri A user's: bb: X509.rsa bb []\n"
    "33c4b1d4 I------     1   4d 3f010000     0     0 user      cache:x: 4\n"
    "garbage\n\n";

std::string little_endian(std::size_t number) {
    std::string bytes;
    for (int shift = 0; shift < 32; shift += 8)
        bytes += static_cast<char>(number >> shift & 0xff);
    return bytes;
}

/// One EFI signature list with this one entry.
std::string list_of(const std::string& data, const std::string& type) {
    const std::size_t each = 16 + data.size();
    return type + little_endian(28 + each) + little_endian(0) + little_endian(each) +
           std::string(16, 'o') + data;
}

const std::string x509("\xa1\x59\xc0\xa5\xe4\x94\xa7\x4a\x87\xb5\xab\x15\x5c\x2b\xf0\x72", 16);
const std::string sha256(16, '\x26');

Admission read(const TemporaryRoot& tree) { return input::read_admission(tree.root); }

} // namespace

TEST_CASE("a tree that says nothing leaves all unknown") {
    const TemporaryRoot tree;
    CHECK((read(tree) == Admission{}));
}

TEST_CASE("whether signatures are enforced") { // F-38
    const TemporaryRoot tree;
    tree.write("/proc/cmdline", "ro module.sig_enforce=1\n");
    CHECK(read(tree).sig_enforce == true);
    tree.write("/proc/cmdline", "ro module.sig_enforce\n");
    CHECK(read(tree).sig_enforce == true);
    tree.write("/proc/cmdline", "ro module.sig_enforce=0\n");
    CHECK(read(tree).sig_enforce == std::nullopt);
    tree.write("/proc/cmdline", "ro module.sig_enforce=1\n");
    tree.write(enforce, "N\n"); // what the kernel says stands above what it was told
    CHECK(read(tree).sig_enforce == false);
    tree.write(enforce, "Y\n");
    CHECK(read(tree).sig_enforce == true);
}

TEST_CASE("the mode of lockdown is the word in brackets") { // F-38 F-86
    const TemporaryRoot tree;
    const auto mode = [&](const char* text) {
        tree.write(lockdown, text);
        return read(tree).lockdown;
    };
    CHECK(mode("[none] integrity confidentiality\n") == Lockdown::None);
    CHECK(mode("none [integrity] confidentiality\n") == Lockdown::Integrity);
    CHECK(mode("none integrity [confidentiality]\n") == Lockdown::Confidentiality);
    for (const char* odd : {"", "none\n", "[", "]", "][", "[]", "[strict]", "none [integrity"})
        CHECK(mode(odd) == Lockdown::Unknown);
}

TEST_CASE("Secure Boot is the variable's fifth byte") {
    const TemporaryRoot tree;
    const auto state = [&](const std::string& bytes) {
        tree.write("/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
                   bytes);
        return read(tree).secure_boot;
    };
    CHECK(state(std::string("\6\0\0\0\1", 5)) == true);
    CHECK(state(std::string("\6\0\0\0\0", 5)) == false);
    CHECK(state(std::string("\6\0\0\1", 4)) == std::nullopt);
    CHECK(state("") == std::nullopt);
}

TEST_CASE("what forbids every load, and by which setting") { // F-86
    const TemporaryRoot tree;
    tree.write("/proc/sys/kernel/modules_disabled", "0\n");
    tree.write("/proc/cmdline", "ro nomodule\n");
    CHECK(read(tree).loading_disabled == ""); // the kernel says otherwise
    tree.write("/proc/sys/kernel/modules_disabled", "1\n");
    CHECK(read(tree).loading_disabled == "nomodule on the kernel command line");
    tree.write("/proc/cmdline", "ro nomodules\n");
    CHECK(read(tree).loading_disabled == "kernel.modules_disabled=1");
}

TEST_CASE("the blacklist is the kernel's, or the last on its command line") { // F-86
    const TemporaryRoot tree;
    tree.write("/proc/cmdline", "module_blacklist=a module_blacklist=nouveau,,nvidia quiet\n");
    CHECK(read(tree).blacklist == std::vector<std::string>{"nouveau", "nvidia"});
    tree.write("/sys/module/kernel/parameters/module_blacklist", "nvidia_uvm\n");
    CHECK(read(tree).blacklist == std::vector<std::string>{"nvidia_uvm"});
    tree.write("/sys/module/kernel/parameters/module_blacklist", "(null)\n");
    CHECK(read(tree).blacklist.empty());
}

TEST_CASE("keys are read only where a signature is demanded") {
    const TemporaryRoot tree;
    tree.write("/proc/keys", proc_keys);
    tree.write(enforce, "N\n");
    CHECK_FALSE(read(tree).keys);
    tree.write(enforce, "Y\n");
    REQUIRE(read(tree).keys);
    CHECK(read(tree).keys->size() == 2);
}

TEST_CASE("keys of /proc/keys: root's, alive, by name and number") {
    const auto keys = input::keys_of_proc(proc_keys);
    REQUIRE(keys.size() == 2);
    CHECK((keys[0] == TrustedKey{"Debian Secure Boot CA",
                                 "6ccece7e4c6c0d1f6149f3dd27dfcc5cbb419ea1", "", ""}));
    CHECK((keys[1] == TrustedKey{"Odd: name", "0a1b", "", ""}));
}

TEST_CASE("machine owner keys are read with issuer and serial number") { // F-39
    const fakes::SigningKey key("", "owner", 0x0102);
    const TemporaryRoot tree;
    tree.write("/proc/keys", proc_keys);
    tree.write(mok, list_of(std::string(32, 'h'), sha256) + list_of(key.certificate(), x509));
    auto keys = input::read_trusted_keys(tree.root);
    REQUIRE(keys);
    REQUIRE(keys->size() == 3);
    CHECK(keys->back().name == "owner");
    CHECK(keys->back().issuer == "owner");
    CHECK(keys->back().serial == "0102");
    CHECK(keys->back().key_id.size() == 40);
    tree.write("/sys/firmware/efi/efivars/MokListRT-605dab50-e046-4300-abb6-3dd810dd8b23",
               "abcd" + list_of(key.certificate(), x509));
    ::unlink(tree.outside(mok).c_str());
    CHECK(input::read_trusted_keys(tree.root)->size() == 3);
}

TEST_CASE("keys that cannot all be read are unknown, not absent") {
    const TemporaryRoot tree;
    CHECK_FALSE(input::read_trusted_keys(tree.root));
    tree.write("/proc/keys", "garbage\n");
    CHECK_FALSE(input::read_trusted_keys(tree.root));
    tree.write("/proc/keys", proc_keys);
    CHECK(input::read_trusted_keys(tree.root));
    tree.write(mok, "damaged");
    CHECK_FALSE(input::read_trusted_keys(tree.root));
    ::unlink(tree.outside(mok).c_str());
    ::mkdir(tree.outside(mok).c_str(), 0700);
    CHECK_FALSE(input::read_trusted_keys(tree.root));
}

TEST_CASE("signature lists: cut, lying and odd ones") {
    const fakes::SigningKey key("", "owner", 1);
    const std::string list = list_of(key.certificate(), x509);
    CHECK(input::parse_signature_lists(bytes_of(list))->size() == 1);
    CHECK(input::parse_signature_lists({})->empty());
    for (std::size_t length = 1; length < list.size(); ++length)
        CHECK_FALSE(input::parse_signature_lists(bytes_of(list.substr(0, length))));
    CHECK(input::parse_signature_lists(bytes_of(list_of("no certificate", x509)))->empty());
    std::string lying = list;
    lying.replace(20, 4, little_endian(0xffffffff)); // the header's size
    CHECK_FALSE(input::parse_signature_lists(bytes_of(lying)));
    lying = list;
    lying.replace(24, 4, little_endian(0)); // the entries' size: no endless loop
    CHECK_FALSE(input::parse_signature_lists(bytes_of(lying)));
}
