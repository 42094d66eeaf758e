// SPDX-License-Identifier: LGPL-2.1-or-later
// Modules of bakes against the target kernel's exports and its own modules.
#include "input/kernel_abi.hpp"

#include <doctest/doctest.h>

#include "base/compression.hpp"
#include "fakes/module_image.hpp"
#include "fakes/temporary_root.hpp"
#include "input/kernel_vermagic.hpp"

using namespace gpuboot;
using fakes::ModuleContent;
using fakes::TemporaryRoot;

namespace {

constexpr const char* kernel = "6.1.0-50-cloud-amd64";
constexpr const char* arch = "x86_64";
const std::string modules = std::string("/lib/modules/") + kernel;
const std::string list = modules + "/build/Module.symvers";

void write_list(const TemporaryRoot& tree) {
    tree.write(list, "0x00000001\tmodule_layout\tvmlinux\tEXPORT_SYMBOL\t\n"
                     "0x00000002\tprintk\tvmlinux\tEXPORT_SYMBOL\t\n"
                     "0x00000003\tib_open\tdrivers/infiniband/core/ib_core\tEXPORT_SYMBOL\t\n");
}

input::ReadBake bake_of(const std::vector<ModuleContent>& contents) {
    input::ReadBake bake;
    for (const ModuleContent& content : contents) {
        const std::string image = module_image(content);
        bake.images.push_back(*input::read_module_image(bytes_of(image), arch));
        bake.fact.files.emplace_back();
    }
    return bake;
}

model::KernelAbi compare(const TemporaryRoot& tree, input::ReadBake& bake) {
    return input::compare_with_kernel(input::read_kernel_side(tree.root, kernel, arch), {&bake, 1});
}

const ModuleContent nvidia{.name = "nvidia",
                           .vermagic = "v",
                           .imports = {{"module_layout", 1}, {"printk", 2}},
                           .exports = {"nv_open"}};

} // namespace

TEST_CASE("symbols that agree, differ, and are gone") { // F-36
    const TemporaryRoot tree;
    write_list(tree);
    ModuleContent other = nvidia;
    other.imports = {{"printk", 9}, {"module_layout", 7}, {"pci_resize", 5}};
    input::ReadBake bake = bake_of({nvidia, other});
    const auto abi = compare(tree, bake);
    CHECK(abi.symvers == list);
    CHECK(abi.symvers_flaw == "");
    CHECK(bake.fact.files[0].symbols.compared == 2);
    CHECK(bake.fact.files[0].symbols.differing.empty());
    const auto& differing = bake.fact.files[1].symbols.differing;
    CHECK(bake.fact.files[1].symbols.compared == 3);
    REQUIRE(differing.size() == 3);
    CHECK(differing[0].symbol == "module_layout"); // wherever it stands in the module
    CHECK((differing[1] == model::SymbolDifference{"printk", "0x00000009", "0x00000002"}));
    CHECK((differing[2] == model::SymbolDifference{"pci_resize", "0x00000005", ""}));
}

TEST_CASE("what a module of the same bake exports is not the kernel's") {
    const TemporaryRoot tree;
    write_list(tree);
    ModuleContent uvm{"nvidia_uvm", "v", "nvidia"};
    uvm.imports = {{"module_layout", 1}, {"nv_open", 77}};
    input::ReadBake bake = bake_of({nvidia, uvm});
    compare(tree, bake);
    CHECK(bake.fact.files[1].symbols.compared == 1);
    CHECK(bake.fact.files[1].symbols.differing.empty());
    input::ReadBake alone = bake_of({uvm}); // then it stands on a module outside its bake
    compare(tree, alone);
    CHECK(alone.fact.files[0].symbols.differing.empty());
    uvm.depends = "";
    input::ReadBake lost = bake_of({uvm});
    compare(tree, lost);
    CHECK(lost.fact.files[0].symbols.differing.front().symbol == "nv_open");
}

TEST_CASE("what another module may replace is left to the kernel, the rest is not") {
    const TemporaryRoot tree;
    write_list(tree);
    ModuleContent peermem{"nvidia_peermem", "v", "nvidia,ib_core"};
    peermem.imports = {{"ib_open", 99}, {"of_a_replaced_ib_core", 1}, {"printk", 2}};
    input::ReadBake bake = bake_of({nvidia, peermem});
    compare(tree, bake);
    CHECK(bake.fact.files[1].symbols.compared == 1);
    CHECK(bake.fact.files[1].symbols.differing.empty());
    peermem.imports.back().second = 3;
    input::ReadBake stale = bake_of({nvidia, peermem});
    compare(tree, stale);
    CHECK(stale.fact.files[1].symbols.differing.size() == 1);
}

TEST_CASE("without a list, without versions, without modules nothing is judged") { // F-61
    const TemporaryRoot tree;
    input::ReadBake bake = bake_of({nvidia});
    CHECK((compare(tree, bake) == model::KernelAbi{}));
    CHECK(bake.fact.files[0].symbols.compared == 0);
    write_list(tree);
    ModuleContent plain = nvidia;
    plain.imports.clear();
    input::ReadBake unversioned = bake_of({plain});
    CHECK(compare(tree, unversioned).symvers == "");
    CHECK(unversioned.fact.files[0].symbols.compared == 0);
    input::ReadBake damaged;
    damaged.images.emplace_back();
    damaged.fact.files.emplace_back();
    CHECK((compare(tree, damaged) == model::KernelAbi{}));
}

TEST_CASE("a kernel's vermagic is that of a module of its own tree") { // F-37
    const TemporaryRoot tree;
    const std::string wanted = std::string(kernel) + " SMP preempt mod_unload modversions ";
    CHECK(input::read_kernel_vermagic(tree.root, kernel, arch) == "");
    const std::string image = module_image(ModuleContent{"sha1", wanted});
    SUBCASE("plain, behind a folder without modules") {
        tree.write(modules + "/kernel/arch/README", "");
        tree.write(modules + "/kernel/arch/x86/crypto/sha1.ko", image);
        CHECK(input::read_kernel_vermagic(tree.root, kernel, arch) == wanted);
        input::ReadBake bake = bake_of({nvidia});
        CHECK(compare(tree, bake).vermagic == wanted);
    }
    SUBCASE("compressed") {
        for (const Compression each : {Compression::Zstd, Compression::Xz, Compression::Gzip}) {
            const TemporaryRoot other;
            other.write(modules + "/kernel/sha1.ko" + std::string(suffix_of(each)),
                        std::string(text_of(*compress(each, bytes_of(image)))));
            CHECK(input::read_kernel_vermagic(other.root, kernel, arch) == wanted);
        }
    }
    SUBCASE("of a module of another kernel it is not taken") {
        tree.write(modules + "/kernel/sha1.ko",
                   module_image(ModuleContent{"sha1", "6.1.0-47-cloud-amd64 SMP "}));
        CHECK(input::read_kernel_vermagic(tree.root, kernel, arch) == "");
    }
    SUBCASE("nor of what is no module") {
        tree.write(modules + "/kernel/sha1.ko", "junk");
        CHECK(input::read_kernel_vermagic(tree.root, kernel, arch) == "");
    }
}
