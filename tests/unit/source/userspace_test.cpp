// SPDX-License-Identifier: LGPL-2.1-or-later
#include "source/userspace.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <link.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include <algorithm>

#include "base/process.hpp"
#include "fakes/temporary_root.hpp"
#include "source/soname.hpp"

using namespace gpuboot;
using fakes::TemporaryRoot;

namespace {

const std::string folder = "/opt/userspace";
const std::string version = "535.261.03";

/// The command of gpuboot-versions.toml(5).
std::string digest_of(const TemporaryRoot& tree, const std::string& path = folder) {
    Tool shell;
    shell.argv = {
        "/bin/sh", "-c",
        "cd " + tree.outside(path) +
            " && { find . -type f | LC_ALL=C sort | xargs -d '\\n' sha256sum; find . -type"
            " l -printf '%p -> %l\\n' | LC_ALL=C sort; } | sha256sum"};
    const auto said = run_tool(shell);
    REQUIRE(said);
    REQUIRE(said->succeeded());
    return said->output.substr(0, 64);
}

/// Laid out as an image builder would leave it.
struct Fixture {
    TemporaryRoot tree;
    std::vector<std::string> bakes;

    Fixture() {
        tree.write(folder + "/lib/libcuda.so." + version, "no library");
        tree.link(folder + "/lib/libcuda.so.1", "libcuda.so." + version);
        tree.link(folder + "/lib/libcuda.so", "libcuda.so.1");
        tree.write(folder + "/lib/libnvidia-egl-gbm.so.1.1.0", "of a version of its own");
        tree.write(folder + "/bin/nvidia-smi", "#!/bin/true\n");
        tree.write(folder + "/firmware/nvidia/" + version + "/gsp_tu10x.bin", "firmware");
        tree.write(folder + "/share/nvidia/a b.json", "{}");
        tree.link(folder + "/share/vulkan/icd.json", "../nvidia/a b.json");
    }
    Result<source::Userspace> read(const std::string& sha256 = "") const {
        model::Pin pin;
        pin.version = version;
        pin.userspace = {"folder", folder, sha256.empty() ? digest_of(tree) : sha256};
        return source::read_userspace(tree.root, pin, "x86_64", bakes);
    }
    std::string flaw() const {
        const auto userspace = read();
        return userspace ? "none" : userspace.error().what;
    }
};

} // namespace

TEST_CASE_FIXTURE(Fixture, "a folder is read: its files, its links, and the digest a person gets") {
    const auto userspace = read();
    REQUIRE_MESSAGE(userspace, userspace.error().what);
    CHECK(userspace->folder == folder);
    CHECK(userspace->sha256 == digest_of(tree));
    CHECK(userspace->files.size() == 8);
    const auto file = [&](const std::string& path) {
        return *std::ranges::find(userspace->files, path, &model::BundledFile::path);
    };
    CHECK(file("lib/libcuda.so.1").target == "libcuda.so." + version);
    CHECK(file("share/vulkan/icd.json").target == "../nvidia/a b.json");
    CHECK(file("bin/nvidia-smi").size == 12);
    CHECK(file("bin/nvidia-smi").sha256.size() == 64);
    CHECK(file("lib/libcuda.so." + version).soname == ""); // no ELF file: the loader lists it not
}

TEST_CASE_FIXTURE(Fixture, "another digest is refused with both, and the command") { // S4-08
    const auto userspace = read(std::string(64, 'a'));
    REQUIRE_FALSE(userspace);
    for (const std::string& word :
         {std::string(64, 'a'), digest_of(tree), std::string("find . -type l")})
        CHECK_MESSAGE(userspace.error().what.contains(word), userspace.error().what);
    const std::string before = digest_of(tree);
    std::filesystem::remove(tree.outside(folder + "/lib/libcuda.so.1"));
    tree.link(folder + "/lib/libcuda.so.1", "libnvidia-egl-gbm.so.1.1.0");
    CHECK_FALSE(read(before)); // a link that leads elsewhere counts
}

TEST_CASE_FIXTURE(Fixture, "names of another driver version are refused with both") { // S4-01 S4-19
    SUBCASE("library") {
        tree.write(folder + "/lib/libnvidia-ml.so.470.256.02", "");
        CHECK(flaw() == folder + "/lib/libnvidia-ml.so.470.256.02: wanted driver version " +
                            version + ", as the pin says, found 470.256.02");
    }
    SUBCASE("in a folder of its own") {
        tree.write(folder + "/lib/vdpau/libvdpau_nvidia.so.470.256.02", "");
        CHECK(flaw().contains("found 470.256.02"));
    }
    SUBCASE("firmware") {
        tree.write(folder + "/firmware/nvidia/470.256.02/gsp.bin", "");
        CHECK(flaw().contains("firmware/nvidia/470.256.02/gsp.bin: wanted"));
    }
    SUBCASE("libraries, but not the driver's") {
        for (const char* name : {"libcuda.so.1", "libcuda.so", "libcuda.so.535.261.03"})
            std::filesystem::remove(tree.outside(folder + "/lib/" + name));
        CHECK(flaw().contains("wanted libcuda.so." + version + " or libnvidia-ml.so." + version));
    }
}

TEST_CASE_FIXTURE(Fixture, "a link stays in its folder and leads to something") { // S4-18 F-109
    const auto refuses = [&](const std::string& path, const std::string& target) {
        tree.link(folder + path, target);
        const std::string said = flaw();
        CHECK_MESSAGE(said.starts_with(folder + path + ": "), said);
        CHECK_MESSAGE(said.contains(target), said);
    };
    SUBCASE("absolute") { refuses("/lib/libx.so", "/etc/shadow"); }
    SUBCASE("out of the folder") { refuses("/lib/libx.so", "../bin/nvidia-smi"); }
    SUBCASE("out of everything") { refuses("/share/a/b", "../../../../../etc/shadow"); }
    SUBCASE("up behind another link") { refuses("/share/a/b", "nvidia/../../x"); }
    SUBCASE("to nothing") { refuses("/lib/libx.so", "liby.so"); }
}

TEST_CASE_FIXTURE(Fixture, "anything else is refused by name") { // F-111 S4-18
    SUBCASE("a folder that no bake has") {
        tree.write(folder + "/etc/nvidia.conf", "");
        CHECK(flaw().starts_with(folder + "/etc/nvidia.conf: wanted nothing but lib, bin,"));
    }
    SUBCASE("a file beside the folders") {
        tree.write(folder + "/README", "");
        CHECK(flaw().starts_with(folder + "/README: "));
    }
    SUBCASE("a FIFO") {
        REQUIRE(::mkfifo(tree.outside(folder + "/lib/fifo").c_str(), 0644) == 0);
        CHECK(flaw().starts_with(folder + "/lib/fifo: "));
    }
    SUBCASE("nothing at all") {
        std::filesystem::remove_all(tree.outside(folder));
        std::filesystem::create_directories(tree.outside(folder));
        CHECK(read(std::string(64, 'a')).error().what.contains("found no file"));
    }
    SUBCASE("more than a userspace has") {
        std::filesystem::create_directories(tree.outside(folder + "/share/many"));
        for (int i = 0; i < 4100; ++i)
            tree.write(folder + "/share/many/" + std::to_string(i % 2) + "/" + std::to_string(i),
                       "");
        CHECK(read(std::string(64, 'a')).error().what.contains("4096"));
    }
}

TEST_CASE_FIXTURE(Fixture, "a folder that is gone is made up for by a bake with the same files") {
    const std::string sha256 = digest_of(tree);
    const std::string bake = "/var/lib/gpuboot/bakes/b1";
    tree.write(bake + "/marker.toml", "");
    tree.write(bake + "/modules/nvidia.ko", "");
    for (const char* part : {"lib", "bin", "firmware", "share"})
        std::filesystem::rename(tree.outside(folder + "/" + part), tree.outside(bake + "/" + part));
    std::filesystem::remove(tree.outside(folder));
    CHECK(read(sha256).error().what.starts_with(folder + " is missing"));
    bakes = {"/var/lib/gpuboot/bakes/other", bake};
    const auto userspace = read(sha256);
    REQUIRE_MESSAGE(userspace, userspace.error().what);
    CHECK(userspace->folder == bake);
    CHECK(userspace->files.size() == 8);
    tree.write(bake + "/lib/libcuda.so." + version, "damaged");
    CHECK_FALSE(read(sha256));
}

TEST_CASE("a library is called by its SONAME, as ldconfig calls it") {
    std::string path;
    ::dl_iterate_phdr(
        [](dl_phdr_info* info, std::size_t, void* found) {
            if (std::string_view(info->dlpi_name).contains("/libc.so.6"))
                *static_cast<std::string*>(found) = info->dlpi_name;
            return 0;
        },
        &path);
    REQUIRE(!path.empty());
    struct utsname name{};
    REQUIRE(::uname(&name) == 0);
    const auto root = *Root::open("/");
    const auto fd = root.open_at(path, O_RDONLY);
    REQUIRE(fd);
    const auto bytes = *read_rest(fd->get(), 1 << 26);
    CHECK(source::soname_of("libwhatever.so.2.3", bytes, name.machine) == "libc.so.6");
    CHECK(source::soname_of("whatever.so.2.3", bytes, name.machine) == ""); // ldconfig skips it
    CHECK(source::soname_of("libc.so.6", bytes, "riscv64") == "libc.so.6"); // not known: taken
    const bool intel = std::string_view(name.machine) == "x86_64";
    CHECK(source::soname_of("libc.so.6", bytes, intel ? "aarch64" : "x86_64") == "");
    for (std::size_t length = 0; length < 4096; ++length) // cut anywhere, it is read no further
        (void)source::soname_of("libc.so.6", ByteView(bytes).first(length), name.machine);
}
