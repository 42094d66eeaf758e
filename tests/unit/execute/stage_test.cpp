// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/stage.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "base/digest.hpp"
#include "fakes/module_image.hpp"
#include "fakes/temporary_root.hpp"

using namespace gpuboot;
using namespace gpuboot::execute;
using fakes::module_image;

namespace {

constexpr const char* kernel = "6.1.0-1";

source::Recipe recipe() {
    source::Recipe recipe;
    recipe.version = "1.0.0";
    recipe.modules = {{"nvidia", ""}, {"nvidia-uvm", "kernel-open"}};
    return recipe;
}

Result<std::vector<Product>> collect(const fakes::TemporaryRoot& tree) {
    return collect_products(tree.root, "/b", recipe(), {kernel, "x86_64", "", "", "", {}});
}

std::string flaw(const fakes::TemporaryRoot& tree) {
    const auto products = collect(tree);
    return products ? "" : products.error().what;
}

void write_both(const fakes::TemporaryRoot& tree) {
    tree.write("/b/nvidia.ko", module_image("nvidia", kernel));
    tree.write("/b/kernel-open/nvidia-uvm.ko", module_image("nvidia_uvm", kernel));
}

} // namespace

TEST_CASE("the products become the marker's lines") {
    const fakes::TemporaryRoot tree;
    write_both(tree);
    const auto products = collect(tree);
    REQUIRE(products);
    REQUIRE(products->size() == 2);
    const auto& uvm = (*products)[1];
    CHECK(uvm.module.name == "nvidia_uvm");
    CHECK(uvm.module.path == "modules/nvidia-uvm.ko");
    CHECK(uvm.module.size == uvm.bytes.size());
    CHECK(uvm.module.sha256 == sha256_hex(uvm.bytes));
    CHECK(uvm.module.vermagic == "6.1.0-1 SMP mod_unload ");
    CHECK(uvm.module.srcversion == "0123456789ABCDEF0123456");
}

// F-66
TEST_CASE("a product that is missing or no module of ours is a failed build") {
    const fakes::TemporaryRoot tree;
    write_both(tree);
    SUBCASE("missing") {
        ::unlink(tree.outside("/b/nvidia.ko").c_str());
        CHECK(flaw(tree).contains("the build made no nvidia.ko"));
    }
    SUBCASE("empty") {
        tree.write("/b/nvidia.ko", "");
        CHECK(flaw(tree).contains("nvidia.ko"));
    }
    SUBCASE("no ELF file") {
        tree.write("/b/nvidia.ko", "#!/bin/sh\n");
        CHECK(flaw(tree).contains("not a kernel module"));
    }
    SUBCASE("for another kernel") {
        tree.write("/b/nvidia.ko", module_image("nvidia", "6.1.0-2"));
        CHECK(flaw(tree).contains("was built for kernel 6.1.0-2, wanted 6.1.0-1"));
    }
    SUBCASE("for a kernel whose name begins alike") {
        tree.write("/b/nvidia.ko", module_image("nvidia", "6.1.0-11"));
        CHECK(flaw(tree).contains("was built for kernel 6.1.0-11"));
    }
    SUBCASE("another module") {
        tree.write("/b/nvidia.ko", module_image("nouveau", kernel));
        CHECK(flaw(tree).contains("wanted module nvidia, found nouveau"));
    }
    SUBCASE("another version") {
        using namespace std::string_view_literals;
        tree.write("/b/nvidia.ko", module_image("nvidia", kernel, "version=2.0.0\0"sv));
        CHECK(flaw(tree).contains("wanted version 1.0.0, found 2.0.0"));
    }
}

// F-71
TEST_CASE("a product that is not a plain file of the tree is refused") {
    const fakes::TemporaryRoot tree;
    write_both(tree);
    const std::string file = tree.outside("/b/nvidia.ko");
    SUBCASE("symlink, even to a good module") {
        tree.write("/good.ko", module_image("nvidia", kernel));
        ::unlink(file.c_str());
        tree.link("/b/nvidia.ko", "/good.ko");
        CHECK(flaw(tree).contains("symlink"));
    }
    SUBCASE("behind a symlink") {
        std::filesystem::rename(tree.outside("/b/kernel-open"), tree.outside("/elsewhere"));
        tree.link("/b/kernel-open", "../elsewhere");
        CHECK(flaw(tree).contains("symlink"));
    }
    SUBCASE("FIFO") {
        ::unlink(file.c_str());
        REQUIRE(::mkfifo(file.c_str(), 0644) == 0);
        CHECK(flaw(tree).contains("found a FIFO"));
    }
    SUBCASE("directory") {
        ::unlink(file.c_str());
        std::filesystem::create_directory(file);
        CHECK(flaw(tree).contains("found a directory"));
    }
    SUBCASE("a second name of a file that lies elsewhere") {
        tree.write("/shadow", module_image("nvidia", kernel));
        ::unlink(file.c_str());
        REQUIRE(::link(tree.outside("/shadow").c_str(), file.c_str()) == 0);
        CHECK(flaw(tree).contains("several hard links"));
    }
    SUBCASE("larger than any module") {
        REQUIRE(::truncate(file.c_str(), (off_t{1} << 30) + 1) == 0);
        CHECK(flaw(tree).contains(" is larger than 1073741824 bytes"));
    }
}
