// SPDX-License-Identifier: LGPL-2.1-or-later
// The grammars that keep values of files out of paths and command lines.
#include <doctest/doctest.h>

#include <string>

#include "model/marker.hpp"
#include "model/pin.hpp"

using namespace gpuboot::model;
using namespace std::string_view_literals;

TEST_CASE("a driver version is digits and dots") { // F-54
    for (auto text : {"535.261.03", "550.90.07", "1.0", "580.65.06", "12345678901234567.89"})
        CHECK_MESSAGE(is_version(text), text);
    for (auto text : {"", "5", "53", ".535", "535.", "535..03", "535.261.03-1", "535/261", "../..",
                      "535.261.03\n", " 535.1", "v535", "535.x", "$(id)", "-535", "%s.1",
                      "123456789012345678.901"})
        CHECK_FALSE_MESSAGE(is_version(text), text);
    CHECK_FALSE(is_version(std::string(4096, '1')));
    CHECK_FALSE(is_version("535\0.1"sv));
}

TEST_CASE("a kernel release is what uname -r prints") { // F-54
    for (auto text : {"6.1.0-50-cloud-amd64", "6.12.0-rc1+", "5.15.0-1057-azure", "6.1.0~rc1_x"})
        CHECK_MESSAGE(is_kernel_release(text), text);
    for (auto text : {"", "../6.1", "6.1/..", "amd64", "-6.1", ".6", "6.1 0", "6.1\n", "6.1;id"})
        CHECK_FALSE_MESSAGE(is_kernel_release(text), text);
    CHECK(is_kernel_release(std::string(64, '6')));
    CHECK_FALSE(is_kernel_release(std::string(65, '6')));
}

TEST_CASE("a source's or module's name is one folder's name") { // F-54 F-112
    for (auto text : {"nvidia-current-open", "nvidia_uvm", "a", "A.b+c~d"})
        CHECK_MESSAGE(is_source_name(text), text);
    for (auto text : {"", ".", "..", ".hidden", "-rf", "a/b", "a b", "a\nb", "a*"})
        CHECK_FALSE_MESSAGE(is_source_name(text), text);
    CHECK_FALSE(is_source_name(std::string(65, 'a')));
}

TEST_CASE("a digest is 64 lower-case hex digits") {
    const std::string digest(64, 'a');
    CHECK(is_sha256(digest));
    CHECK_FALSE(is_sha256(digest.substr(1)));
    CHECK_FALSE(is_sha256(digest + "a"));
    CHECK_FALSE(is_sha256(std::string(64, 'A')));
    CHECK_FALSE(is_sha256(std::string(64, 'g')));
}

TEST_CASE("a PCI address is what sysfs calls a function") {
    for (auto text : {"0000:01:00.0", "0010:00:00.0", "ffff:ff:1f.7"})
        CHECK_MESSAGE(is_pci_address(text), text);
    for (auto text : {"", "01:00.0", "0000:01:00.8", "0000:01:00.0 ", "0000:01:00-0",
                      "0000:01:00.A", "000G:01:00.0", "../../../..", "0000:0A:00.0"})
        CHECK_FALSE_MESSAGE(is_pci_address(text), text);
}

TEST_CASE("a bundled file lies in one of the four folders") { // F-112
    for (auto path : {"lib/libcuda.so.1", "bin/nvidia-smi", "share/a b/c", "firmware/nvidia/1/x"})
        CHECK_MESSAGE(is_bundled_path(path), path);
    for (auto path : {"", "lib", "lib/", "/lib/x", "lib//x", "lib/./x", "lib/../x", "modules/x.ko",
                      "marker.toml", "lib/a\nb", "lib/a\\b"})
        CHECK_FALSE_MESSAGE(is_bundled_path(path), path);
    CHECK_FALSE(is_bundled_path("lib/" + std::string(256, 'a')));
}

TEST_CASE("a bundled symlink stays in its folder") { // S4-18
    CHECK(is_inner_target("lib/a", "b"));
    CHECK(is_inner_target("lib/x/a", "../b"));
    CHECK(is_inner_target("share/x/y/a", "../../b/c"));
    CHECK_FALSE(is_inner_target("lib/a", "../bin/x"));
    CHECK_FALSE(is_inner_target("lib/x/a", "../../b"));
    CHECK_FALSE(is_inner_target("lib/a", "/lib/b"));
    CHECK_FALSE(is_inner_target("lib/x/a", "b/../../../c")); // b may be a symlink itself
    CHECK_FALSE(is_inner_target("lib/x/a", ".."));
    CHECK_FALSE(is_inner_target("lib/a", ""));
}
