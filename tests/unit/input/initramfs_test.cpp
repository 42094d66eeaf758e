// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/initramfs.hpp"

#include <doctest/doctest.h>

#include "base/compression.hpp"
#include "fakes/initramfs.hpp"
#include "fakes/temporary_root.hpp"

using namespace gpuboot;
using fakes::cpio;

namespace {

std::string packed(Compression compression, const std::string& text) {
    auto bytes = compress(compression, bytes_of(text));
    REQUIRE(bytes);
    return std::string(text_of(*bytes));
}

std::string found_in(const std::string& image) {
    const auto found = input::driver_modules_in(bytes_of(image));
    if (!found) return "error: " + found.error().what;
    std::string text;
    for (const std::string& name : *found)
        text += (text.empty() ? "" : " ") + name;
    return text;
}

const std::string early = cpio({"kernel/x86/microcode/GenuineIntel.bin"});
const std::string module = "usr/lib/modules/6.1.0-50-cloud-amd64/updates/dkms/nvidia.ko.xz";
const std::string main_part = cpio({"init", "usr/lib/modules/6.1/nvidiafb.ko", module});

} // namespace

TEST_CASE("modules of the driver are found in an initramfs, however it is packed") { // F-82 S2-28
    CHECK(found_in(main_part) == module);
    for (Compression compression : {Compression::Gzip, Compression::Xz, Compression::Zstd}) {
        CAPTURE(to_text(compression));
        CHECK(found_in(packed(compression, main_part)) == module);
        // Microcode comes first and unpacked; zeros fill up to the next sector.
        CHECK(found_in(early + std::string(300, '\0') + packed(compression, main_part)) == module);
    }
    CHECK(found_in(early + main_part + main_part) == module + " " + module);
    CHECK(found_in(cpio({"init", "nvidia.conf"})) == "");
    CHECK(found_in("") == "");
}

TEST_CASE("what is no such image says so") {
    CHECK(found_in("\x02\x21\x4c\x18 lz4").starts_with("error: neither cpio nor gzip, xz or zstd"));
    CHECK(found_in(early + "junk").starts_with("error: neither"));
    const std::string twice = packed(Compression::Gzip, packed(Compression::Gzip, main_part));
    CHECK(found_in(twice).starts_with("error: neither")); // nobody packs twice but a bomb's maker
}

TEST_CASE("an image that is cut anywhere, or lies about a length, is read no further") {
    for (std::size_t length = 1; length < main_part.size(); ++length) {
        const std::string found = found_in(main_part.substr(0, length));
        const bool whole = main_part.find_first_not_of('\0', length) == std::string::npos;
        CHECK_MESSAGE((found.starts_with("error: ") || whole), found);
    }
    for (std::size_t digit : {std::size_t{54}, std::size_t{94}}) {
        std::string lying = main_part;
        lying.replace(digit, 8, "ffffffff");
        CHECK(found_in(lying).starts_with("error: "));
        lying.replace(digit, 8, "zzzzzzzz");
        CHECK(found_in(lying).starts_with("error: "));
    }
}

TEST_CASE("the images of this kernel alone are looked at") {
    const fakes::TemporaryRoot tree;
    const std::string kernel = "6.1.0-50-cloud-amd64";
    tree.write("/boot/initrd.img-6.1.0-47-cloud-amd64", main_part);
    CHECK(input::read_initramfs(tree.root, kernel).empty());
    tree.write("/boot/initrd.img-" + kernel, early);
    CHECK(input::read_initramfs(tree.root, kernel).empty());
    tree.write("/boot/initramfs-" + kernel + ".img", packed(Compression::Zstd, main_part));
    tree.write("/boot/initrd-" + kernel, main_part.substr(0, 200));
    tree.write("/boot/initrd.img-" + kernel, "\x02\x21\x4c\x18 lz4");
    const auto found = input::read_initramfs(tree.root, kernel);
    REQUIRE(found.size() == 2);
    CHECK(found[0].path == "/boot/initramfs-" + kernel + ".img");
    CHECK(found[0].detail == "1 module inside, among them " + module);
    CHECK(found[1].flaw == "its cpio archive is cut or broken");
}
