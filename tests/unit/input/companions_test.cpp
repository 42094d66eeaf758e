// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/companions.hpp"

#include <doctest/doctest.h>

#include <cstring>

#include "fakes/loader_cache.hpp"
#include "fakes/temporary_root.hpp"
#include "input/loader_cache.hpp"

using namespace gpuboot;
using fakes::loader_cache;

namespace {

const std::string cache =
    loader_cache({{0x0003, "libnvidia-ml.so.1", "/usr/lib/i386-linux-gnu/libnvidia-ml.so.1"},
                  {0x0303, "libnvidia-ml.so.1", "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1"},
                  {0x0303, "libc.so.6", "/usr/lib/x86_64-linux-gnu/libc.so.6"}});

std::string found(const std::string& bytes, const char* name, const char* arch = "x86_64") {
    auto path = input::find_in_loader_cache(bytes_of(bytes), name, arch);
    return path ? *path : "error: " + path.error().what;
}

const model::Host host{"6.1.0-50-cloud-amd64", "x86_64"};

} // namespace

TEST_CASE("a library is found in the loader's cache, of the right architecture") { // F-40
    CHECK(found(cache, "libnvidia-ml.so.1") == "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1");
    CHECK(found(cache, "libcuda.so.1") == "");
    CHECK(found(cache, "libc.so.6", "aarch64") == "");
}

TEST_CASE("what the cache leads into the active bake is told by name") {
    const std::string ours = "/run/gpuboot/active/lib/";
    const fakes::TemporaryRoot tree;
    CHECK(input::read_cached_libraries(tree.root, host).empty());
    tree.write("/etc/ld.so.cache",
               loader_cache({{0x0303, "libnvidia-ml.so.1", ours + "libnvidia-ml.so.1"},
                             {0x0303, "libcuda.so.1", ours + "libcuda.so.1"},
                             {0x0003, "libcuda.so.1", ours + "libcuda.so.1"},
                             {0x0303, "libdeeper.so.1", ours + "deeper/libdeeper.so.1"},
                             {0x0303, "libc.so.6", "/usr/lib/x86_64-linux-gnu/libc.so.6"}}));
    CHECK(input::read_cached_libraries(tree.root, host) ==
          std::vector<std::string>{"libcuda.so.1", "libnvidia-ml.so.1"});
}

TEST_CASE("the host's own cache is read") {
    const auto root = *Root::open("/");
    auto fd = root.open_at("/etc/ld.so.cache", 0);
    REQUIRE(fd);
    const auto bytes = read_rest(fd->get(), 1 << 24);
    REQUIRE(bytes);
    const auto path = input::find_in_loader_cache(*bytes, "libc.so.6", "any");
    REQUIRE_MESSAGE(path, path.error().what);
    CHECK(root.exists(*path));
}

TEST_CASE("a cache that was cut anywhere says so, or finds less, and is read no further") {
    for (std::size_t length = 0; length < cache.size(); ++length) {
        const std::string path = found(cache.substr(0, length), "libnvidia-ml.so.1");
        const bool whole = path == "/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1";
        CHECK_MESSAGE((path.starts_with("error: ") || path.empty() || whole), path);
    }
    std::string endless = cache;
    std::memset(endless.data() + 20, 0xff, 4);
    CHECK(found(endless, "libcuda.so.1").starts_with("error: "));
    CHECK(found(std::string(48, 'x'), "libcuda.so.1").starts_with("error: "));
}

TEST_CASE("the version is the name of the file behind the links") { // F-40 S4-01
    const fakes::TemporaryRoot tree;
    tree.write("/etc/ld.so.cache", cache);
    SUBCASE("through alternatives, as Debian links it") {
        tree.link("/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1", "/etc/alternatives/nvml");
        tree.link("/etc/alternatives/nvml", "/usr/lib/nvidia/libnvidia-ml.so.1");
        tree.link("/usr/lib/nvidia/libnvidia-ml.so.1", "libnvidia-ml.so.535.261.03");
        tree.write("/usr/lib/nvidia/libnvidia-ml.so.535.261.03", "");
        const auto companions = input::read_companions(tree.root, host, "535.261.03");
        REQUIRE(companions.libraries.size() == 1);
        CHECK(companions.libraries[0].name == "libnvidia-ml.so.1");
        CHECK(companions.libraries[0].version == "535.261.03");
    }
    SUBCASE("a cache that is older than the disk names nothing") {
        CHECK(input::read_companions(tree.root, host, "535.261.03").libraries.empty());
    }
    SUBCASE("a file whose name says no version") {
        tree.write("/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1", "");
        const auto companions = input::read_companions(tree.root, host, "535.261.03");
        REQUIRE(companions.libraries.size() == 1);
        CHECK(companions.libraries[0].version == "");
    }
}

TEST_CASE("without a loader cache there is no userspace driver") {
    const fakes::TemporaryRoot tree;
    CHECK(input::read_companions(tree.root, host, "535.261.03").libraries.empty());
}

TEST_CASE("firmware is looked for where the kernel looks") { // F-40
    for (const char* base : {"/lib/firmware", "/lib/firmware/updates",
                             "/lib/firmware/6.1.0-50-cloud-amd64", "/mnt/firmware"}) {
        CAPTURE(base);
        const fakes::TemporaryRoot tree;
        tree.write("/sys/module/firmware_class/parameters/path", "/mnt/firmware\n");
        const auto missing = [&] {
            return input::read_companions(tree.root, host, "535.261.03").missing_firmware;
        };
        CHECK(missing() == "nvidia/535.261.03/gsp_*.bin");
        tree.write(std::string(base) + "/nvidia/535.247.01/gsp_tu10x.bin", "");
        tree.write(std::string(base) + "/nvidia/535.261.03/README", "");
        CHECK(missing() == "nvidia/535.261.03/gsp_*.bin"); // of another version, or no firmware
        tree.write(std::string(base) + "/nvidia/535.261.03/gsp_tu10x.bin.xz", "");
        CHECK(missing() == "");
    }
}
