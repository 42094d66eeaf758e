// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/foreign_inventory.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>

#include "fakes/aks_gpu_tree.hpp"
#include "fakes/temporary_root.hpp"
#include "input/file_entry.hpp"

using namespace gpuboot;
using fakes::TemporaryRoot;
using model::ForeignKind;

namespace {

constexpr const char* kernel = "6.1.0-50-cloud-amd64";
const std::string modules = std::string("/lib/modules/") + kernel;

model::ForeignInventory look(const TemporaryRoot& tree) {
    auto inventory = input::read_inventory(tree.root, {});
    REQUIRE_MESSAGE(inventory, inventory.error().what);
    return *inventory;
}

const model::ForeignFind* at(const model::ForeignInventory& inventory, const std::string& path) {
    const auto find = std::ranges::find_if(
        inventory.finds, [&](const auto& known) { return known.entry.path == path; });
    return find == inventory.finds.end() ? nullptr : &*find;
}

std::string owner(const model::ForeignInventory& inventory, const std::string& path) {
    const auto* find = at(inventory, path);
    return find ? find->owner : "not found";
}

} // namespace

TEST_CASE("all that aks-gpu lays down is found, and is nobody's") { // S2-12 S2-15
    TemporaryRoot tree;
    const auto files = fakes::install_aks_gpu(tree, kernel);
    fakes::install_package(tree, kernel);
    const auto inventory = look(tree);
    for (const std::string& file : files)
        CHECK_MESSAGE(owner(inventory, file) == "", file);
    CHECK(at(inventory, "/usr/bin/nvidia-modprobe")->entry.gives_rights);
    const auto* module = at(inventory, modules + "/updates/dkms/nvidia-uvm.ko");
    CHECK(module->module == "nvidia_uvm");
    CHECK(module->srcversion == "BBBB");
    CHECK(module->version == fakes::aks_version);
    CHECK(at(inventory, "/usr/bin/lib64/lib64/libcuda.so.1")->entry.type == model::EntryType::Link);
    CHECK(at(inventory, "/usr/bin/nvidia-smi")->version == fakes::aks_version);
}

TEST_CASE("what others installed is theirs") { // S2-27 N14
    TemporaryRoot tree;
    fakes::install_aks_gpu(tree, kernel);
    fakes::install_package(tree, kernel);
    fakes::install_runfile(tree, kernel);
    tree.link("/usr/bin/nvidia-xconfig", "/etc/alternatives/nvidia--nvidia-xconfig");
    const auto inventory = look(tree);
    CHECK(owner(inventory, modules + "/extra/nvidia.ko") == "package nvidia-driver-535");
    CHECK(owner(inventory, "/usr/bin/nvidia-debugdump") == "package nvidia-driver-535");
    CHECK(owner(inventory, "/usr/bin/nvidia-bug-report.sh") == "the diversion of package glx");
    CHECK(owner(inventory, modules + "/kernel/drivers/video/nvidia.ko").contains("a person"));
    CHECK(owner(inventory, "/usr/bin/nvidia-settings").contains("a person"));
    CHECK(owner(inventory, "/var/lib/nvidia/log").contains("a person"));
    CHECK(owner(inventory, "/usr/bin/nvidia-xconfig") == "update-alternatives");
    CHECK(owner(inventory, modules + "/updates/dkms/nvidia.ko") == "");
    CHECK(owner(inventory, fakes::aks_marker) == "");
}

TEST_CASE("what DKMS made of a package's source is the package's") { // S2-28
    TemporaryRoot tree;
    fakes::install_aks_gpu(tree, kernel);
    fakes::install_package(tree, kernel);
    const std::string registered = "/var/lib/dkms/nvidia-current/535.183.01";
    tree.link(registered + "/source", "/usr/src/nvidia-current-535.183.01");
    tree.write("/usr/src/nvidia-current-535.183.01/dkms.conf", "");
    tree.write("/var/lib/dpkg/info/nvidia-kernel-dkms.list",
               "/usr/src/nvidia-current-535.183.01/dkms.conf\n");
    tree.write(registered + "/" + kernel + "/x86_64/module/nvidia-current.ko.xz", "m");
    tree.write(modules + "/updates/dkms/nvidia-current.ko", "m");
    const auto inventory = look(tree);
    CHECK(owner(inventory, modules + "/updates/dkms/nvidia-current.ko") ==
          "package nvidia-kernel-dkms");
    CHECK(owner(inventory, registered + "/source") == "package nvidia-kernel-dkms");
    CHECK(owner(inventory, modules + "/updates/dkms/nvidia.ko") == "");
    // What it built is gone: any module beside may be the one.
    std::filesystem::remove_all(tree.outside(registered + "/" + kernel + "/x86_64/module"));
    CHECK(owner(look(tree), modules + "/updates/dkms/nvidia.ko") == "package nvidia-kernel-dkms");
}

TEST_CASE("the installer's list is aks-gpu's when that tool ran it last, and nobody can tell "
          "without") { // S2-27 S2-28
    TemporaryRoot tree;
    fakes::install_aks_gpu(tree, kernel);
    fakes::install_package(tree, kernel);
    tree.write("/var/lib/nvidia/log",
               "1.0-55014403 (550.144.03)\ndriver\n1: /usr/bin/nvidia-smi\n0\n");
    CHECK(owner(look(tree), "/usr/bin/nvidia-smi") == "");
    CHECK(owner(look(tree), "/var/lib/nvidia/log") == "");
    tree.write("/var/log/nvidia-installer.log", "a person's");
    CHECK(owner(look(tree), "/usr/bin/nvidia-smi").contains("a person"));
    std::filesystem::remove(tree.outside("/var/lib/nvidia/log"));
    CHECK(owner(look(tree), "/usr/bin/nvidia-smi").contains("its list is gone"));
    CHECK(owner(look(tree), modules + "/updates/dkms/nvidia.ko").contains("its list is gone"));
    CHECK(owner(look(tree), "/usr/bin/lib64/lib64/libcuda.so.1") == ""); // nobody else's place
}

TEST_CASE("a list that nvidia-installer did not write stops everything") { // F-113
    TemporaryRoot tree;
    fakes::install_package(tree, kernel);
    tree.write("/var/lib/nvidia/log", "1.0-1 (570.86.15)\ndriver\n1: /usr/bin/x");
    const auto inventory = input::read_inventory(tree.root, {});
    REQUIRE_FALSE(inventory);
    CHECK(inventory.error().what.contains("/var/lib/nvidia/log: has no newline"));
}

TEST_CASE("without a sign of the tool, programs that lie where it puts them are not looked at") {
    // S1-24 S2-11
    TemporaryRoot tree;
    fakes::install_package(tree, kernel);
    tree.write("/usr/bin/nvidia-smi", "of whoever");
    CHECK_FALSE(at(look(tree), "/usr/bin/nvidia-smi"));
    tree.write("/usr/bin/lib64/lib64/libcuda.so.1", "x"); // it died before its marker: 5.5
    CHECK(at(look(tree), "/usr/bin/nvidia-smi"));
}

TEST_CASE("gpuboot's own links are never foreign, and a detour is told") { // F-109 F-113
    TemporaryRoot tree;
    fakes::install_aks_gpu(tree, kernel);
    fakes::install_package(tree, kernel);
    std::filesystem::remove(tree.outside("/usr/bin/nvidia-smi"));
    tree.link("/usr/bin/nvidia-smi", "/run/gpuboot/active/bin/nvidia-smi");
    tree.write("/srv/share/README", "not ours");
    tree.link("/usr/share/nvidia", "/srv/share");
    tree.write("/srv/icd/nvidia.icd", "x");
    tree.link("/etc/OpenCL/vendors", "/srv/icd");
    const auto inventory = look(tree);
    CHECK_FALSE(at(inventory, "/usr/bin/nvidia-smi"));
    CHECK_FALSE(at(inventory, "/srv/share/README"));
    CHECK(at(inventory, "/usr/share/nvidia")->entry.type == model::EntryType::Link);
    CHECK(at(inventory, "/etc/OpenCL/vendors/nvidia.icd")->detour ==
          "/etc/OpenCL/vendors is a link to /srv/icd");
}

TEST_CASE("the two names of a merged /usr are one file and no detour") { // F-109
    TemporaryRoot tree;
    tree.write("/usr/lib/x/file", "text");
    tree.link("/lib", "usr/lib");
    CHECK(input::detour_of(tree.root, "/lib/x/file") == "");
    CHECK(input::merged("/usr/lib/x/file") == input::merged("/lib/x/file"));
    CHECK(input::merged("/usr/library/x") == "/usr/library/x");
    tree.link("/usr/lib/y", "x");
    CHECK(input::detour_of(tree.root, "/lib/y/file") == "/lib/y is a link to x");
}

TEST_CASE("an entry is a file to its last byte, a link by its target, and nothing else") { // F-71
    TemporaryRoot tree;
    tree.write("/a", "abc");
    ::mkfifo(tree.outside("/fifo").c_str(), 0644);
    const auto file = input::read_entry(tree.root, ForeignKind::Modules, "/a");
    REQUIRE(file);
    CHECK(file->size == 3);
    CHECK(file->sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(input::read_entry(tree.root, ForeignKind::Modules, "/none").error().code ==
          Errc::NotFound);
    CHECK(input::read_entry(tree.root, ForeignKind::Modules, "/fifo")
              .error()
              .what.contains("a FIFO"));
}
