// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/pin.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "base/names.hpp"
#include "fakes/temporary_root.hpp"

using namespace gpuboot;
using fakes::TemporaryRoot;

namespace {

const std::string local(names::local_pin), shipped(names::shipped_pin);

const std::string valid = R"(schema = 1

[driver]
version = "535.261.03"
kind = "open"

[driver.source]
type = "dkms"
name = "nvidia-current-open"
sha256 = "91381dcab58f933273fb45a40b6a66e801ec44551e640a243647cce11534df5c"
)";

std::string flaw_of(const std::string& text) {
    const TemporaryRoot tree;
    tree.write(local, text);
    tree.write(shipped, valid); // never a way out of a flaw in the local one
    const auto reading = input::read_pin(tree.root);
    CHECK(reading.path == local);
    CHECK(reading.pin.value.has_value() == reading.pin.flaw.empty());
    return reading.pin.flaw.empty() ? "none" : reading.pin.flaw;
}

std::string with(const std::string& line, const std::string& instead) {
    std::string text = valid;
    const auto at = text.find(line);
    REQUIRE(at != std::string::npos);
    return text.replace(at, line.size(), instead);
}

} // namespace

TEST_CASE("a pin is read whole") { // S4-03
    const TemporaryRoot tree;
    tree.write(shipped, with("kind = \"open\"", "kind = \"grid\"\nkernel = \"6.1.0-50-amd64\""));
    const auto reading = input::read_pin(tree.root);
    REQUIRE_MESSAGE(reading.pin.value, reading.pin.flaw);
    CHECK(reading.path == shipped);
    const model::Pin wanted{"535.261.03",
                            model::Kind::Grid,
                            {"dkms", "nvidia-current-open",
                             "91381dcab58f933273fb45a40b6a66e801ec44551e640a243647cce11534df5c"},
                            "6.1.0-50-amd64"};
    CHECK((*reading.pin.value == wanted));
}

namespace {

std::string userspace(const std::string& type, const std::string& path, const std::string& sha256) {
    return valid + "[driver.userspace]\ntype = \"" + type + "\"\npath = \"" + path +
           "\"\nsha256 = \"" + sha256 + "\"\n";
}

} // namespace

TEST_CASE("a pin may want a userspace in its bakes; each flaw of it is named") { // S4-01 S4-08
    const std::string sha256(64, 'b');
    const TemporaryRoot tree;
    tree.write(local, userspace("folder", "/opt/userspace", sha256));
    const auto reading = input::read_pin(tree.root);
    REQUIRE_MESSAGE(reading.pin.value, reading.pin.flaw);
    CHECK((reading.pin.value->userspace ==
           model::UserspaceSource{"folder", "/opt/userspace", sha256}));
    const auto line = [](const std::string& number) { return local + ":" + number; };
    CHECK(flaw_of(userspace("run", "/opt", sha256)) ==
          line("12: driver.userspace.type: wanted \"folder\", found the string \"run\""));
    for (const char* path : {"opt", "/", "/opt/", "/opt/../etc", "/opt/.."})
        CHECK(flaw_of(userspace("folder", path, sha256)) ==
              line("13: driver.userspace.path: wanted an absolute path without .., found \"") +
                  path + "\"");
    CHECK(
        flaw_of(userspace("folder", "/opt", "b")).starts_with(line("14: driver.userspace.sha256")));
    CHECK(flaw_of(userspace("folder", "/opt", sha256) + "version = \"470\"\n")
              .starts_with(line("15: driver.userspace.version")));
}

TEST_CASE("the local file wins, whole") {
    const TemporaryRoot tree;
    tree.write(shipped, with("kind = \"open\"", "kind = \"open\"\nkernel = \"6.1.0-50-amd64\""));
    tree.write(local, with("535.261.03", "550.90.07"));
    const auto reading = input::read_pin(tree.root);
    REQUIRE(reading.pin.value);
    CHECK(reading.path == local);
    CHECK(reading.pin.value->version == "550.90.07");
    CHECK(reading.pin.value->kernel == std::nullopt);
}

TEST_CASE("no file: no value and no flaw, and the path to write") { // S4-03 F-49
    const TemporaryRoot tree;
    const auto reading = input::read_pin(tree.root);
    CHECK(reading.path == local);
    CHECK_FALSE(reading.pin.value);
    CHECK(reading.pin.flaw == "");
}

TEST_CASE("what is no pin names file, line and field") { // F-49 F-50 F-52 F-54
    CHECK(flaw_of("") == local + ":1: the file is empty");
    CHECK(flaw_of("  \n\t\n") == local + ":1: the file is empty");
    CHECK(flaw_of("version 535\n").starts_with(local));
    CHECK(flaw_of("version 535\n").contains(":1:"));
    CHECK(flaw_of(valid.substr(0, valid.find("\"open\"") + 3)).contains(":5:"));
    CHECK(flaw_of(with("version = \"535.261.03\"", "version = 535")) ==
          local + ":4: driver.version: wanted a string, found the number 535");
    CHECK(flaw_of(with("version = \"535.261.03\"\n", "")) ==
          local + ":3: driver.version: wanted a string, found nothing");
    CHECK(flaw_of(with("535.261.03", "")) ==
          local + ":4: driver.version: wanted a string, found a blank string");
    CHECK(flaw_of(with("535.261.03", "../../etc")).contains("driver.version: wanted digits"));
    CHECK(flaw_of(with("\"open\"", "\"opne\"")).contains(":5: driver.kind: wanted \"open\" | "));
    CHECK(flaw_of(with("kind", "Kind")).contains("driver.kind: wanted"));
    CHECK(flaw_of(with("\"open\"", "\"open\"\nkernel = \"6.1 0\""))
              .contains(":6: driver.kernel: wanted a kernel release"));
    CHECK(flaw_of(with("\"open\"", "\"open\"\nkernel = \"\"")).contains("a blank string"));
    CHECK(flaw_of(with("\"open\"", "\"open\"\nurl = \"x\"")) ==
          local + ":6: driver.url: unknown key");
    CHECK(flaw_of(with("schema = 1", "schema = 2")).contains(":1: schema: wanted"));
    CHECK(flaw_of(with("schema = 1\n", "")).contains("schema: wanted"));
    CHECK(flaw_of("driver = \"x\"\n").contains("schema: wanted"));
    CHECK(flaw_of("schema = 1\n").contains("driver: wanted a table [driver], found nothing"));
    CHECK(flaw_of(with("\"dkms\"", "\"run\"")).contains("driver.source.type: wanted \"dkms\""));
    CHECK(flaw_of(with("nvidia-current-open", "../x")).contains("driver.source.name: wanted"));
    CHECK(flaw_of(with("91381dca", "91381DCA")).contains("driver.source.sha256: wanted 64"));
    CHECK(flaw_of(valid + "size = 1\n") == local + ":11: driver.source.size: unknown key");
}

TEST_CASE("a person's file may come from another system") { // F-51
    std::string dos = "\xef\xbb\xbf";
    for (const char c : valid)
        dos += c == '\n' ? std::string("\r\n") : std::string(1, c);
    CHECK(flaw_of(dos) == "none");
    CHECK(flaw_of(valid.substr(0, valid.size() - 1)) == "none");
}

TEST_CASE("a file too large is refused before it is parsed") { // F-53
    CHECK(flaw_of(valid + "# " + std::string(1 << 20, 'x') + "\n").contains("larger than"));
}

TEST_CASE("what is no file at all is named, and does not fall back to the shipped pin") { // F-49
    const TemporaryRoot tree;
    tree.write(shipped, valid);
    const auto flaw = [&] {
        const auto reading = input::read_pin(tree.root);
        CHECK(reading.path == local);
        CHECK_FALSE(reading.pin.value);
        return reading.pin.flaw;
    };
    SUBCASE("a directory") {
        tree.write(local + "/file", "");
        CHECK(flaw() == local + ": wanted a regular file, found a directory");
    }
    SUBCASE("a FIFO, which would block for ever") {
        tree.write("/etc/gpuboot/other", "");
        REQUIRE(::mkfifo(tree.outside(local).c_str(), 0644) == 0);
        CHECK(flaw() == local + ": wanted a regular file, found a FIFO");
    }
    SUBCASE("a dangling link") {
        tree.link(local, "nowhere.toml");
        CHECK(flaw().starts_with(local));
    }
    SUBCASE("a link in a loop") {
        tree.link(local, "versions.toml");
        CHECK(flaw().starts_with(local));
    }
}

TEST_CASE("a link to a file of the tree is fine") {
    const TemporaryRoot tree;
    tree.write("/usr/share/pins/one.toml", valid);
    tree.link(local, "/usr/share/pins/one.toml");
    CHECK(input::read_pin(tree.root).pin.value);
}

TEST_CASE("the pin that ships is one") { // S4-03
    const TemporaryRoot tree;
    const auto project = Root::open(GPUBOOT_SOURCE_ROOT);
    REQUIRE(project);
    tree.write(shipped, *project->read_text("/versions.toml", 1 << 20));
    const auto reading = input::read_pin(tree.root);
    CHECK_MESSAGE(reading.pin.value, reading.pin.flaw);
}

TEST_CASE("a pin may name the modules to be built") {
    const TemporaryRoot tree;
    tree.write(shipped, with("kind = \"open\"", "kind = \"open\"\nmodules = [\"nvidia-uvm\", "
                                                "\"nvidia\", \"nvidia-uvm\"]"));
    const auto reading = input::read_pin(tree.root);
    REQUIRE_MESSAGE(reading.pin.value, reading.pin.flaw);
    CHECK(reading.pin.value->modules == std::vector<std::string>{"nvidia", "nvidia-uvm"});
    CHECK(reading.pin.value->modules_at == shipped + ":6: driver.modules");

    const auto flaw = [](const std::string& value) {
        return flaw_of(with("kind = \"open\"", "kind = \"open\"\nmodules = " + value));
    };
    const std::string place = local + ":6: driver.modules: wanted ";
    CHECK(flaw("[]") == place + "names of modules, or no such key, found none");
    CHECK(flaw("[\"nvidia.ko\"]") == place + "names of modules without .ko, found \"nvidia.ko\"");
    CHECK(flaw("[\"../nvidia\"]") == place + "names of modules without .ko, found \"../nvidia\"");
    CHECK(flaw("\"nvidia\"").starts_with(place + "an array of strings"));
}
