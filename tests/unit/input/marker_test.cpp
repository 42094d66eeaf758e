// SPDX-License-Identifier: LGPL-2.1-or-later
// The marker is our own format: one flaw anywhere and the bake does not exist.
#include "input/marker.hpp"

#include <doctest/doctest.h>

using namespace gpuboot;

namespace {

constexpr const char* file = "/bakes/b1/marker.toml";

const std::string valid = R"(format = 1
id = "b1"
driver_version = "535.261.03"
kind = "open"
kernel = "6.1.0-50-cloud-amd64"
arch = "x86_64"
source = "dkms:nvidia-current-open"
source_sha256 = "91381dcab58f933273fb45a40b6a66e801ec44551e640a243647cce11534df5c"
kernel_config_sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
compiler = "gcc (Debian 12.2.0-14) 12.2.0"
made_by = "gpuboot 0.1.0"

[[module]]
name = "nvidia"
path = "modules/nvidia.ko"
size = 4096
sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
vermagic = "6.1.0-50-cloud-amd64 SMP preempt mod_unload modversions "
srcversion = "8E7C6A5F4D3B2A190F8E7D6"

[[module]]
name = "nvidia_uvm"
path = "modules/nvidia-uvm.ko"
size = 1
sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
vermagic = "6.1.0-50-cloud-amd64 SMP preempt mod_unload modversions "
depends = ["nvidia"]
)";

std::string flaw_of(std::string_view text) {
    const auto reading = input::parse_marker(file, "b1", text);
    CHECK(reading.value.has_value() == reading.flaw.empty());
    return reading.flaw.empty() ? "none" : reading.flaw;
}

/// The valid marker with one line replaced ("" removes it).
std::string with(const std::string& line, const std::string& instead) {
    std::string text = valid;
    const auto at = text.find(line + "\n");
    REQUIRE(at != std::string::npos);
    return text.replace(at, line.size() + 1, instead.empty() ? "" : instead + "\n");
}

std::string line_of(const std::string& key) {
    const auto at = valid.find("\n" + key + " = ") + 1;
    return valid.substr(at, valid.find('\n', at) - at);
}

} // namespace

TEST_CASE("a marker with every field is read whole") { // S1-13
    const auto reading = input::parse_marker(file, "b1", valid);
    REQUIRE_MESSAGE(reading.value, reading.flaw);
    const model::Marker& marker = *reading.value;
    CHECK(marker.id == "b1");
    CHECK(marker.driver_version == "535.261.03");
    CHECK(marker.kind == model::Kind::Open);
    CHECK(marker.kernel == "6.1.0-50-cloud-amd64");
    CHECK(marker.arch == "x86_64");
    CHECK(marker.source == "dkms:nvidia-current-open");
    CHECK(marker.source_sha256.starts_with("9138"));
    CHECK(marker.kernel_config_sha256.starts_with("e3b0"));
    CHECK(marker.compiler == "gcc (Debian 12.2.0-14) 12.2.0");
    CHECK(marker.made_by == "gpuboot 0.1.0");
    REQUIRE(marker.modules.size() == 2);
    CHECK(marker.modules[0].name == "nvidia");
    CHECK(marker.modules[0].path == "modules/nvidia.ko");
    CHECK(marker.modules[0].size == 4096);
    CHECK(marker.modules[0].srcversion == "8E7C6A5F4D3B2A190F8E7D6");
    CHECK(marker.modules[1].srcversion == "");
    CHECK(marker.modules[1].depends == std::vector<std::string>{"nvidia"});
}

TEST_CASE("a missing field is named") { // S1-20
    for (std::string key : {"id", "driver_version", "kind", "kernel", "arch", "source",
                            "source_sha256", "kernel_config_sha256", "compiler", "made_by"}) {
        CAPTURE(key);
        const std::string flaw = flaw_of(with(line_of(key), ""));
        CHECK(flaw.starts_with(std::string(file) + ":1: " + key + ": wanted "));
        CHECK(flaw.ends_with(", found nothing"));
    }
    for (std::string key : {"path", "size", "vermagic"}) {
        CAPTURE(key);
        CHECK(flaw_of(with(line_of(key), "")).contains("module[0]." + key + ": wanted "));
    }
}

TEST_CASE("a blank field is no field") { // S1-20 F-48
    for (std::string key : {"id", "driver_version", "kind", "kernel", "arch", "source",
                            "source_sha256", "compiler", "made_by", "path", "vermagic"})
        for (const char* blank : {" = \"\"", " = \"  \\t\""}) {
            CAPTURE(key);
            CHECK(flaw_of(with(line_of(key), key + blank)).contains("a blank string"));
        }
    CHECK(flaw_of(with(line_of("kernel"), "kernel =")).starts_with(std::string(file) + ":5:"));
}

TEST_CASE("a value out of its grammar is refused") { // F-54 F-112 S1-20
    struct {
        std::string key, value, found;
    } const table[]{
        {"id", "\"b2\"", "b2"},
        {"driver_version", "\"535/../..\"", "535/../.."},
        {"kind", "\"opne\"", "opne"},
        {"kernel", "\"6.1.0;id\"", "6.1.0;id"},
        {"arch", "\"x86/64\"", "x86/64"},
        {"source_sha256", "\"abc\"", "abc"},
        {"kernel_config_sha256", "\"ABC\"", "ABC"},
        {"path", "\"../modules/nvidia.ko\"", "../modules"},
        {"path", "\"modules/../../etc/passwd\"", "passwd"},
        {"path", "\"/etc/passwd\"", "/etc/passwd"},
        {"path", "\"modules/.ko\"", ".ko"},
        {"path", "\"modules/a/b.ko\"", "a/b"},
        {"path", "\"modules/nvidia.ko\\n\"", "nvidia.ko"},
        {"size", "0", "0"},
        {"size", "-1", "-1"},
        {"size", "1073741825", "1073741825"},
        {"size", "\"4096\"", "4096"},
        {"depends", "[\"../nvidia\"]", "../nvidia"},
        {"depends", "\"nvidia\"", "nvidia"},
        {"kernel", "7", "the number 7"},
    };
    for (const auto& [key, value, found] : table) {
        CAPTURE(key);
        const std::string flaw = flaw_of(with(line_of(key), key + " = " + value));
        CHECK_MESSAGE(flaw.contains(key + ": wanted "), flaw);
        CHECK_MESSAGE(flaw.contains(found), flaw);
    }
}

TEST_CASE("keys twice, keys unknown, keys in capitals") { // S1-20 F-52
    CHECK(flaw_of(with(line_of("kernel"), line_of("kernel") + "\n" + line_of("kernel")))
              .starts_with(std::string(file) + ":6:"));
    CHECK(flaw_of("vendor = \"x\"\n" + valid) == std::string(file) + ":1: vendor: unknown key");
    CHECK(flaw_of(valid + "signed = true\n").contains("module[1].signed: unknown key"));
    CHECK(flaw_of(with(line_of("arch"), "Arch = \"x86_64\"")).contains("arch: wanted"));
}

TEST_CASE("a marker without modules is none") { // F-43
    const std::string head = valid.substr(0, valid.find("\n[[module]]") + 1);
    CHECK(flaw_of(head).contains("module: wanted"));
    CHECK(flaw_of(head + "module = []\n").contains("module: wanted at least one module"));
    CHECK(flaw_of(head + "[module]\n").contains("wanted an array of tables, found a table"));
}

TEST_CASE("a marker of another format is refused") { // F-43
    CHECK(flaw_of(with("format = 1", "format = 0")).contains("format: wanted"));
    CHECK(flaw_of(with("format = 1", "")).contains("format: wanted"));
}

namespace {

const std::string bundle = R"(
[[file]]
path = "lib/libcuda.so.535.261.03"
size = 7
sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
soname = "libcuda.so.1"

[[file]]
path = "lib/libcuda.so.1"
target = "libcuda.so.535.261.03"
)";

/// A marker of format 2, with one part of its end replaced.
std::string bundling(const std::string& part = "", const std::string& instead = "") {
    std::string end = bundle;
    if (!part.empty()) end.replace(end.find(part), part.size(), instead);
    return with("format = 1", "format = 2\nuserspace_sha256 = \"" + std::string(64, 'b') + "\"") +
           end;
}

} // namespace

TEST_CASE("a marker tells the userspace that its bake bundles") {
    const auto reading = input::parse_marker(file, "b1", bundling());
    REQUIRE_MESSAGE(reading.value, reading.flaw);
    const model::Marker& marker = *reading.value;
    CHECK(marker.userspace_sha256 == std::string(64, 'b'));
    REQUIRE(marker.bundled.size() == 2);
    CHECK(marker.bundled[0].size == 7);
    CHECK(marker.bundled[0].soname == "libcuda.so.1");
    CHECK(marker.bundled[1].target == "libcuda.so.535.261.03");
    CHECK(libraries_of(marker) == std::vector<std::string>{"libcuda.so.1"});
}

TEST_CASE("what is bundled never leads out of the bake") { // F-112
    for (const char* path : {"../x", "/etc/passwd", "bin/../../x", "modules/nvidia.ko", "lib",
                             "lib/", "lib//x", "marker.toml", "lib/a\\nb"})
        CHECK(flaw_of(bundling("lib/libcuda.so.535.261.03", path))
                  .contains("path: wanted a path below"));
    for (const char* target : {"../x", "/etc/passwd", "a/../../x", "."})
        CHECK(flaw_of(
                  bundling("target = \"libcuda.so.535.261.03", std::string("target = \"") + target))
                  .contains("target: wanted"));
}

TEST_CASE("modules alone have the old format, a userspace the new one, and neither the other") {
    CHECK(flaw_of(valid + bundle).contains(": file: "));
    CHECK(flaw_of(with("format = 1", "format = 2")).contains("userspace_sha256: wanted"));
    CHECK(flaw_of(bundling(bundle, "")).contains("file: wanted"));
}

TEST_CASE("a marker of a newer gpuboot is neither read nor malformed") { // F-43 F-146
    const std::string newer = "format = 3\nid = \"b1\"\nwhatever = true\n";
    const auto reading = input::parse_marker(file, "b1", newer);
    CHECK(reading.newer_format == 3);
    CHECK(reading.flaw == "");
    CHECK_FALSE(reading.value);
    CHECK(input::parse_marker(file, "b1", valid).newer_format == 0);
    CHECK(input::parse_marker(file, "b1", "format = \"3\"\n").newer_format == 0);
}

TEST_CASE("the format is ours, so its bytes are strict") { // S1-20 F-48 F-51
    std::string dos;
    for (const char c : valid)
        dos += c == '\n' ? std::string("\r\n") : std::string(1, c);
    CHECK(flaw_of(dos) == std::string(file) + ":1: holds a carriage return");
    CHECK(flaw_of(valid + std::string(1, '\0') + "\n") ==
          std::string(file) + ":28: holds a NUL byte");
    CHECK(flaw_of(valid.substr(0, valid.size() - 1)) ==
          std::string(file) + ":27: wanted a newline at its end");
    CHECK(flaw_of("") == std::string(file) + ":1: the file is empty");
    CHECK(flaw_of("\n").contains("wanted"));
    CHECK(flaw_of(with(line_of("made_by"), "made_by = \"\xff\"")).contains("not TOML"));
}

TEST_CASE("a byte order mark does not belong in a marker") { // S1-20 F-51
    CHECK(flaw_of("\xef\xbb\xbf" + valid) != "none");
}

TEST_CASE("cut anywhere, it is no marker any more") { // F-28 F-50
    std::size_t believed = 0;
    for (std::size_t length = 0; length < valid.size(); ++length)
        believed += input::parse_marker(file, "b1", valid.substr(0, length)).value ? 1 : 0;
    // Whole lines of the optional tail may be missing: srcversion and depends, and the second
    // module. The digests of the modules that the policy names decide about those.
    CHECK(believed <= 4);
}

TEST_CASE("the legacy marker of other tools is none of ours") { // F-48
    CHECK(flaw_of("kernel=6.1.0-50-cloud-amd64\ndriver_version=535.261.03\n").contains("not TOML"));
}
