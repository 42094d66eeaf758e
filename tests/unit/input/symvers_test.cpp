// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/symvers.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <random>

#include "base/compression.hpp"
#include "fakes/temporary_root.hpp"

using namespace gpuboot;
using namespace gpuboot::input;

namespace {

constexpr const char* kernel = "6.1.0-50-cloud-amd64";
const std::string headers = std::string("/lib/modules/") + kernel + "/build/";
const std::string release = headers + "include/generated/utsrelease.h";
const std::string list = headers + "Module.symvers";

const std::string text = "0x1a2b3c4d\tmodule_layout\tvmlinux\tEXPORT_SYMBOL\t\n"
                         "0x00000007\tprintk\tvmlinux\tEXPORT_SYMBOL\t\n"
                         "0xffffffff\tdrm_open\tdrivers/gpu/drm/drm\tEXPORT_SYMBOL_GPL\tDRM\n";

std::string flaw(const std::string& lines) {
    Exports exports;
    return scan_symvers(lines, exports);
}

} // namespace

TEST_CASE("of a list each symbol is known by name, and the first of two counts") { // F-36
    Exports exports;
    const std::string twice = text + "0x00000008\tprintk\tother\tEXPORT_SYMBOL\t\n";
    CHECK(scan_symvers(twice, exports) == "");
    REQUIRE(exports.size() == 3);
    CHECK(exports.at("printk").crc == 7);
    CHECK(exports.at("module_layout").crc == 0x1a2b3c4d);
    CHECK(exports.at("module_layout").of_kernel);
    CHECK(exports.at("drm_open").crc == 0xffffffff);
    CHECK_FALSE(exports.at("drm_open").of_kernel);
}

TEST_CASE("the older order of columns, with the namespace first") {
    Exports exports;
    CHECK(scan_symvers("0x00000001\tmodule_layout\t\tvmlinux\tEXPORT_SYMBOL\n", exports) == "");
    CHECK(exports.at("module_layout").of_kernel);
}

TEST_CASE("a line that is none is told with its number") { // F-61
    CHECK(flaw("") == "");
    CHECK(flaw(text + "0x1") == "line 4: cut off");
    CHECK(flaw(text + "\n").contains("line 4: wanted CRC"));
    CHECK(flaw("module_layout\n").contains("line 1: wanted CRC"));
    CHECK(flaw("0x1 module_layout vmlinux\n").contains("line 1: wanted CRC"));
    CHECK(flaw("0x\tmodule_layout\tvmlinux\n").contains("32 bits"));
    CHECK(flaw("0x1g\tmodule_layout\tvmlinux\n").contains("32 bits"));
    CHECK(flaw("0x-1\tmodule_layout\tvmlinux\n").contains("32 bits"));
    CHECK(flaw("0x112345678\tmodule_layout\tvmlinux\n").contains("32 bits"));
}

TEST_CASE("damaged lists never break the reader") { // F-61
    std::mt19937 random(61);
    for (int i = 0; i < 20'000; ++i) {
        std::string bad = text;
        for (unsigned flips = 1 + random() % 4; flips > 0; --flips)
            bad[random() % bad.size()] = static_cast<char>(random());
        if (i % 3 == 0) bad.resize(random() % bad.size());
        Exports exports;
        (void)scan_symvers(bad, exports);
        CHECK(exports.size() <= 3);
    }
}

TEST_CASE("no list is no flaw") { // F-61
    const fakes::TemporaryRoot tree;
    const Symvers symvers = read_symvers(tree.root, kernel);
    CHECK(symvers.path == "");
    CHECK(symvers.flaw == "");
}

TEST_CASE("every place of a list, plain and compressed") { // F-61
    const std::string modules = std::string("/lib/modules/") + kernel;
    const auto check = [&](const std::string& path, Compression packed) {
        const fakes::TemporaryRoot tree;
        tree.write(path, std::string(text_of(*compress(packed, bytes_of(text)))));
        const Symvers symvers = read_symvers(tree.root, kernel);
        CHECK(symvers.path == path);
        CHECK(symvers.flaw == "");
        CHECK(symvers.exports.size() == 3);
        CHECK(symvers.exports.at("printk").crc == 7);
    };
    check(list, Compression::None);
    check(std::string("/usr/src/linux-headers-") + kernel + "/Module.symvers", Compression::None);
    check(modules + "/symvers.gz", Compression::Gzip);
    check(modules + "/symvers.xz", Compression::Xz);
    check(modules + "/symvers.zst", Compression::Zstd);
    check(std::string("/boot/symvers-") + kernel + ".gz", Compression::Gzip);
    check(std::string("/boot/symvers-") + kernel + ".xz", Compression::Xz);
}

TEST_CASE("a list that cannot be used is told, and the next one taken") { // F-61
    const fakes::TemporaryRoot tree;
    const std::string second = std::string("/boot/symvers-") + kernel + ".gz";
    const auto first_flaw = [&] {
        const Symvers symvers = read_symvers(tree.root, kernel);
        CHECK(symvers.path == "");
        CHECK(symvers.exports.empty());
        tree.write(second, std::string(text_of(*compress(Compression::Gzip, bytes_of(text)))));
        CHECK(read_symvers(tree.root, kernel).path == second);
        return symvers.flaw;
    };
    SUBCASE("of another kernel") {
        tree.write(list, text);
        tree.write(release, "#define UTS_RELEASE \"6.1.0-47-cloud-amd64\"\n");
        CHECK(first_flaw() == list + ": is of kernel 6.1.0-47-cloud-amd64");
    }
    SUBCASE("of this kernel, cut off") {
        tree.write(list, text.substr(0, text.size() - 3));
        tree.write(release, "#define UTS_RELEASE \"" + std::string(kernel) + "\"\n");
        CHECK(first_flaw() == list + ": line 3: cut off");
    }
    SUBCASE("of a kernel without versions") {
        tree.write(list, "0x00000000\tprintk\tvmlinux\tEXPORT_SYMBOL\t\n");
        CHECK(first_flaw() == list + ": tells no versions of symbols");
    }
    SUBCASE("a FIFO") {
        tree.write(headers + "x", "");
        REQUIRE(::mkfifo(tree.outside(list).c_str(), 0644) == 0);
        CHECK(first_flaw().contains("found a FIFO"));
    }
    SUBCASE("100 MB") {
        tree.write(list, "");
        REQUIRE(::truncate(tree.outside(list).c_str(), 100'000'000) == 0);
        CHECK(first_flaw() == list + ": larger than 67108864 bytes");
    }
    SUBCASE("a bomb") {
        const std::string bomb(std::size_t{65} << 20, '\n');
        const std::string path = std::string("/lib/modules/") + kernel + "/symvers.gz";
        tree.write(path, std::string(text_of(*compress(Compression::Gzip, bytes_of(bomb)))));
        CHECK(first_flaw() == path + ": larger than 67108864 bytes");
    }
    SUBCASE("broken") {
        const std::string path = std::string("/lib/modules/") + kernel + "/symvers.xz";
        tree.write(path, "no xz file");
        CHECK(first_flaw().starts_with(path + ": xz: "));
    }
}
