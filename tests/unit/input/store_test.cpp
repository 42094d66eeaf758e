// SPDX-License-Identifier: LGPL-2.1-or-later
// Bakes on disk, made of modules that no kernel would run.
#include "input/store.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/names.hpp"
#include "fakes/signed_module.hpp"
#include "unit/input/bake_on_disk.hpp"

using namespace gpuboot;
using tests::BakeOnDisk;

namespace {

const input::Wanted wanted{BakeOnDisk::kernel, BakeOnDisk::arch, BakeOnDisk::version};

model::BakeFact read_one(const BakeOnDisk& bake) {
    auto reading = input::read_store(bake.tree.root, wanted);
    CHECK(reading.flaw == "");
    REQUIRE(reading.bakes.size() == 1);
    return reading.bakes.front();
}

} // namespace

TEST_CASE("a bake is read: its marker, its files, and their very bytes") { // F-45
    const BakeOnDisk bake;
    auto reading = input::read_store(bake.tree.root, wanted);
    CHECK(reading.flaw == "");
    REQUIRE(reading.bakes.size() == 1);
    const model::BakeFact& fact = reading.bakes.front();
    CHECK(fact.id == BakeOnDisk::id);
    CHECK(fact.unsafe == "");
    REQUIRE_MESSAGE(fact.marker.value, fact.marker.flaw);
    REQUIRE(fact.files.size() == 2);
    CHECK(fact.files[0].path == "modules/nvidia.ko");
    CHECK(fact.files[0].present);
    CHECK(fact.files[0].flaw == "");
    CHECK(fact.files[0].unsafe == "");
    CHECK(fact.files[0].size == fact.marker.value->modules[0].size);
    CHECK(fact.files[0].sha256 == fact.marker.value->modules[0].sha256);
    CHECK(fact.files[0].vermagic == std::string(BakeOnDisk::kernel) + " SMP mod_unload ");
    CHECK(reading.images.size() == 2);
    CHECK(text_of(reading.images.at(fact.files[1].sha256)) == bake.image("nvidia_uvm"));
}

TEST_CASE("no store is no flaw; a file there holds no bakes") { // F-49
    const fakes::TemporaryRoot tree;
    CHECK(input::read_store(tree.root, wanted).flaw == "");
    tree.write(std::string(names::store), "");
    CHECK(input::read_store(tree.root, wanted).bakes.empty());
}

TEST_CASE("unfinished and deleted bakes are invisible, the others sorted") { // F-02 F-10 V1
    const BakeOnDisk bake;
    for (const char* name : {".new-x", ".del-x", "zz", "00"})
        bake.tree.write(std::string(names::store) + "/" + name + "/marker.toml", "junk");
    const auto bakes = input::read_store(bake.tree.root, wanted).bakes;
    REQUIRE(bakes.size() == 3);
    CHECK(bakes[0].id == "00");
    CHECK(bakes[1].id == BakeOnDisk::id);
    CHECK(bakes[2].id == "zz");
}

TEST_CASE("too many entries are a flaw, not an hour") { // F-30
    const fakes::TemporaryRoot tree;
    const std::string store = tree.outside(std::string(names::store));
    std::filesystem::create_directories(store);
    for (int i = 0; i < 1025; ++i)
        REQUIRE(::mkdir((store + "/" + std::to_string(i)).c_str(), 0755) == 0);
    const auto reading = input::read_store(tree.root, wanted);
    CHECK(reading.flaw == "/var/lib/gpuboot/bakes: more than 1024 entries");
    CHECK(reading.bakes.empty());
}

TEST_CASE("a bake that its marker rules out has no file read") {
    const BakeOnDisk bake;
    const auto files = [&](const input::Wanted& other) {
        return input::read_store(bake.tree.root, other).bakes.front().files.size();
    };
    CHECK(files({"6.1.0-47-cloud-amd64", BakeOnDisk::arch, BakeOnDisk::version}) == 0);
    CHECK(files({BakeOnDisk::kernel, "aarch64", BakeOnDisk::version}) == 0);
    CHECK(files({BakeOnDisk::kernel, BakeOnDisk::arch, ""}) == 0);
}

TEST_CASE("any flipped bit is another digest, and its bytes are kept nowhere") { // F-31
    const BakeOnDisk bake;
    const std::string image = bake.image("nvidia");
    for (std::size_t at = 0; at < image.size(); at += 37) {
        std::string damaged = image;
        damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
        bake.tree.write(bake.path("modules/nvidia.ko"), damaged);
        auto reading = input::read_store(bake.tree.root, wanted);
        const model::FileFact& file = reading.bakes.front().files.front();
        CHECK(file.present);
        CHECK(file.sha256 == sha256_hex(bytes_of(damaged)));
        CHECK(file.vermagic == ""); // nothing in it is worth parsing
        CHECK(reading.images.size() == 1);
    }
}

TEST_CASE("without a digest of its pieces, or with a wrong one, a file is judged by the whole") {
    const BakeOnDisk bake;
    const std::string path = bake.path("marker.toml"), marker = bake.tree.read(path);
    const std::string key = "pieces_sha256 = \"";
    const auto at = marker.find(key);
    std::string damaged = marker;
    SUBCASE("without") { damaged.erase(at, marker.find('\n', at) + 1 - at); }
    SUBCASE("a wrong one") { damaged.replace(at + key.size(), 64, std::string(64, '0')); }
    bake.tree.write(path, damaged);
    const auto reading = input::read_store(bake.tree.root, wanted);
    const auto& fact = reading.bakes.front();
    REQUIRE_MESSAGE(fact.marker.value, fact.marker.flaw);
    CHECK(fact.files.front().sha256 == fact.marker.value->modules.front().sha256);
    CHECK(reading.images.size() == 2);
    bake.tree.write(bake.path("modules/nvidia.ko"), "x" + bake.image("nvidia").substr(1));
    CHECK(input::read_store(bake.tree.root, wanted).images.size() == 1);
}

TEST_CASE("a signature is read from the very bytes that were hashed") { // F-39
    const fakes::SigningKey key("", "module key", 7);
    const BakeOnDisk disk({key.sign(fakes::module_image("nvidia", BakeOnDisk::kernel))});
    const auto files = read_one(disk).files;
    REQUIRE(files.front().signature);
    CHECK(files.front().signature->signer == "module key");
    CHECK_FALSE(files.back().signature);
}

TEST_CASE("truncated, empty and lengthened files are told by their size") { // F-32
    const BakeOnDisk bake;
    const std::string image = bake.image("nvidia");
    for (const std::string& text : {image.substr(0, 100), std::string(), image + "\n"}) {
        bake.tree.write(bake.path("modules/nvidia.ko"), text);
        const model::FileFact file = read_one(bake).files.front();
        CHECK(file.present);
        CHECK(file.size == text.size());
        CHECK(file.sha256 == "");
    }
}

TEST_CASE("a file that is missing, or no file") { // F-33 F-49 F-112
    const BakeOnDisk bake;
    const std::string path = bake.outside("modules/nvidia.ko");
    std::filesystem::remove(path);
    CHECK_FALSE(read_one(bake).files.front().present);
    SUBCASE("a symlink, even to the right bytes") {
        bake.tree.write("/elsewhere.ko", bake.image("nvidia"));
        bake.tree.link(bake.path("modules/nvidia.ko"), "/elsewhere.ko");
        const auto file = read_one(bake).files.front();
        CHECK(file.present);
        CHECK(file.flaw ==
              bake.path("modules/nvidia.ko") + ": wanted a regular file, found a symlink");
    }
    SUBCASE("a FIFO") {
        REQUIRE(::mkfifo(path.c_str(), 0644) == 0);
        CHECK(read_one(bake).files.front().flaw.ends_with("found a FIFO"));
    }
    SUBCASE("a directory") {
        REQUIRE(::mkdir(path.c_str(), 0755) == 0);
        CHECK(read_one(bake).files.front().flaw.ends_with("found a directory"));
    }
}

TEST_CASE("right bytes that are no module are told so") { // F-66
    const BakeOnDisk bake({.nvidia_image = "no ELF file at all\n"});
    const auto file = read_one(bake).files.front();
    CHECK(file.flaw == "");
    CHECK(file.malformed == "no ELF file");
    CHECK(file.vermagic == "");
}

TEST_CASE("what others can write is unsafe") { // F-33 F-55
    const BakeOnDisk bake;
    REQUIRE_MESSAGE(::geteuid() == 0, "this test gives files away: run it as root");
    const auto unsafe_file = [&] { return read_one(bake).files.front().unsafe; };
    const std::string path = bake.outside("modules/nvidia.ko");
    SUBCASE("file: group") {
        ::chmod(path.c_str(), 0664);
        CHECK(unsafe_file() == "mode 0664");
    }
    SUBCASE("file: world") {
        ::chmod(path.c_str(), 0646);
        CHECK(unsafe_file() == "mode 0646");
    }
    SUBCASE("file: another owner") {
        REQUIRE(::chown(path.c_str(), 1000, 0) == 0);
        CHECK(unsafe_file() == "owner 1000");
    }
    SUBCASE("file: a second name") {
        REQUIRE(::link(path.c_str(), bake.tree.outside("/second.ko").c_str()) == 0);
        CHECK(unsafe_file() == "2 hard links");
    }
    SUBCASE("folder: then no file is read") {
        ::chmod(bake.outside("").c_str(), 0775);
        const auto fact = read_one(bake);
        CHECK(fact.unsafe == "mode 0775");
        CHECK(fact.files.empty());
    }
    SUBCASE("folder: another owner") {
        REQUIRE(::chown(bake.outside("").c_str(), 1000, 0) == 0);
        CHECK(read_one(bake).unsafe == "owner 1000");
    }
    SUBCASE("marker") {
        ::chmod(bake.outside("marker.toml").c_str(), 0666);
        CHECK(read_one(bake).unsafe == "mode 0666");
    }
}

TEST_CASE("the modules' own folder in another's hands is unsafe too") { // F-33 F-55
    const BakeOnDisk bake;
    ::chmod(bake.outside("modules").c_str(), 0777);
    const auto fact = read_one(bake);
    CHECK_FALSE((fact.unsafe.empty() && fact.files.front().unsafe.empty()));
}

TEST_CASE("a folder without a marker, and markers that are no files") { // F-43 F-49 S1-19
    const BakeOnDisk bake;
    const std::string path = bake.outside("marker.toml");
    std::filesystem::remove(path);
    SUBCASE("missing: no value, no flaw") {
        const auto fact = read_one(bake);
        CHECK_FALSE(fact.marker.value);
        CHECK(fact.marker.flaw == "");
    }
    SUBCASE("a symlink") {
        bake.tree.link(bake.path("marker.toml"), "/etc/marker.toml");
        CHECK(read_one(bake).marker.flaw.ends_with("found a symlink"));
    }
    SUBCASE("a directory") {
        REQUIRE(::mkdir(path.c_str(), 0755) == 0);
        CHECK(read_one(bake).marker.flaw.ends_with("found a directory"));
    }
    SUBCASE("a FIFO") {
        REQUIRE(::mkfifo(path.c_str(), 0644) == 0);
        CHECK(read_one(bake).marker.flaw.ends_with("found a FIFO"));
    }
    SUBCASE("a megabyte and more") { // F-53
        bake.tree.write(bake.path("marker.toml"), std::string((1 << 20) + 1, '#'));
        CHECK(read_one(bake).marker.flaw.contains("larger than 1048576 bytes"));
    }
    SUBCASE("zeros, as a file system leaves them after a power cut") { // F-28
        bake.tree.write(bake.path("marker.toml"), std::string(500, '\0'));
        CHECK(read_one(bake).marker.flaw.contains("NUL"));
    }
}

TEST_CASE("files and links in the store are no bakes") { // F-30
    const BakeOnDisk bake;
    bake.tree.write(std::string(names::store) + "/README", "hello");
    bake.tree.link(std::string(names::store) + "/alias", BakeOnDisk::id);
    const auto bakes = input::read_store(bake.tree.root, wanted).bakes;
    REQUIRE(bakes.size() == 3);
    CHECK(bakes[1].unsafe == "no directory");
    CHECK(bakes[2].unsafe == "no directory");
    CHECK(bakes[2].files.empty());
}
