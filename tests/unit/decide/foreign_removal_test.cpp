// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/foreign_removal.hpp"

#include <doctest/doctest.h>

using namespace gpuboot;
using namespace gpuboot::model;
using enum ReasonCode;

namespace {

ForeignFind find(ForeignKind kind, const std::string& path) {
    ForeignFind find;
    find.entry.kind = kind;
    find.entry.path = path;
    find.entry.sha256 = std::string(64, 'a');
    find.version = "550.144.03";
    return find;
}

ForeignFind module_file(const std::string& path, const std::string& srcversion) {
    ForeignFind found = find(ForeignKind::Modules, path);
    found.module = "nvidia";
    found.srcversion = srcversion;
    return found;
}

std::vector<std::string> paths(const ForeignPlan& plan) {
    std::vector<std::string> all;
    for (const ForeignEntry& entry : plan.remove)
        all.push_back(entry.path);
    return all;
}

ReasonCode only_reason(const ForeignPlan& plan) {
    REQUIRE(plan.kept.size() == 1);
    return plan.kept.front().code;
}

} // namespace

TEST_CASE("nothing goes that was not asked for, and aks-gpu asks for all of it") {
    ForeignInventory inventory;
    inventory.finds = {module_file("/m", "A"), find(ForeignKind::Dkms, "/d"),
                       find(ForeignKind::AksGpu, "/p")};
    CHECK(paths(decide::plan_foreign(inventory, {}, {})).empty());
    CHECK(decide::plan_foreign(inventory, {}, {}).kept.empty());
    CHECK(paths(decide::plan_foreign(inventory, {ForeignKind::Dkms}, {})) ==
          std::vector<std::string>{"/d"});
    CHECK(paths(decide::plan_foreign(inventory, {ForeignKind::AksGpu}, {})).size() == 3);
}

TEST_CASE("what gives rights goes first, then kernel code, and the marker last") { // S2-16
    ForeignInventory inventory;
    auto modprobe = find(ForeignKind::AksGpu, "/usr/bin/nvidia-modprobe");
    modprobe.entry.gives_rights = true;
    inventory.finds = {find(ForeignKind::Marker, "/marker"),
                       find(ForeignKind::Dkms, "/dkms"),
                       find(ForeignKind::AksGpu, "/program"),
                       find(ForeignKind::Libraries, "/lib"),
                       find(ForeignKind::Libraries, "/x.conf"),
                       module_file("/module", "A"),
                       modprobe};
    CHECK(paths(decide::plan_foreign(inventory, {ForeignKind::AksGpu}, {})) ==
          std::vector<std::string>{"/usr/bin/nvidia-modprobe", "/module", "/x.conf", "/lib",
                                   "/program", "/dkms", "/marker"});
}

TEST_CASE("a module that runs keeps its file, one of another build does not") { // S1-25 S2-24
    ForeignInventory inventory;
    inventory.finds = {module_file("/m", "A")};
    RunningModule running;
    running.name = "nvidia";
    const auto with = [&](const std::string& srcversion) {
        running.srcversion = srcversion;
        inventory.running = {running};
        return decide::plan_foreign(inventory, {ForeignKind::Modules}, {});
    };
    CHECK(only_reason(with("A")) == ForeignInUse);
    CHECK(only_reason(with("")) == ForeignInUse); // nobody can say that it is another
    CHECK(paths(with("B")) == std::vector<std::string>{"/m"});
    inventory.loaded_version = "550.144.03"; // an adopted bake is the same build
    inventory.loaded_is_ours = true;
    CHECK(only_reason(with("A")) == ForeignInUse);
    inventory.finds.front().srcversion.clear();
    CHECK(only_reason(with("B")) == ForeignInUse);
}

TEST_CASE("the rest of a driver stays while that driver runs, unless the bake's does") { // S2-24
    ForeignInventory inventory;
    inventory.finds = {find(ForeignKind::Libraries, "/lib")};
    inventory.loaded_version = "550.144.03";
    const auto plan = [&] { return decide::plan_foreign(inventory, {ForeignKind::Libraries}, {}); };
    CHECK(only_reason(plan()) == ForeignInUse);
    inventory.loaded_is_ours = true;
    CHECK(plan().kept.empty());
    inventory.loaded_is_ours = false;
    inventory.loaded_version = "535.183.01";
    CHECK(plan().kept.empty());
    inventory.finds.front().version.clear();
    CHECK(only_reason(plan()) == ForeignInUse);
}

TEST_CASE("the marker stays as long as anything of nobody's does, also what was not asked for") {
    // S2-15 S2-16
    ForeignInventory inventory;
    auto modprobe = find(ForeignKind::AksGpu, "/usr/bin/nvidia-modprobe");
    modprobe.entry.gives_rights = true;
    inventory.finds = {modprobe, find(ForeignKind::Marker, "/marker")};
    const auto plan = decide::plan_foreign(inventory, {ForeignKind::Marker}, {});
    CHECK(plan.remove.empty());
    CHECK(only_reason(plan) == ForeignLeft);
    CHECK(plan.kept.front().found.contains("/usr/bin/nvidia-modprobe"));
    CHECK_FALSE(decide::is_clean(plan));
    inventory.finds.front().owner = "package nvidia-modprobe"; // the customer's is no leftover
    CHECK(paths(decide::plan_foreign(inventory, {ForeignKind::Marker}, {})) ==
          std::vector<std::string>{"/marker"});
}

TEST_CASE("what an interrupted removal named goes on where it is still the same") { // F-113
    ForeignInventory inventory;
    inventory.finds = {find(ForeignKind::Libraries, "/lib")};
    auto begun = inventory.finds.front().entry;
    CHECK(paths(decide::plan_foreign(inventory, {}, {begun})) == std::vector<std::string>{"/lib"});
    begun.sha256 = std::string(64, 'b');
    CHECK(only_reason(decide::plan_foreign(inventory, {}, {begun})) == ForeignChanged);
    inventory.finds.front().owner = "package libcuda1"; // installed in between
    CHECK(only_reason(decide::plan_foreign(inventory, {}, {begun})) == ForeignOwned);
}

TEST_CASE("a directory stays for what stays in it, and says nothing of itself") {
    ForeignInventory inventory;
    auto folder = find(ForeignKind::Dkms, "/dkms");
    folder.entry.type = EntryType::Directory;
    auto owned = find(ForeignKind::Dkms, "/dkms/a");
    owned.owner = "package x";
    inventory.finds = {owned, find(ForeignKind::Dkms, "/dkms/b"), folder};
    const auto plan = decide::plan_foreign(inventory, {ForeignKind::Dkms}, {});
    CHECK(paths(plan) == std::vector<std::string>{"/dkms/b"});
    CHECK(only_reason(plan) == ForeignOwned);
}

TEST_CASE("an initramfs is told: a driver in it is left, unless a module that stays is its like") {
    // S2-28
    ForeignInventory inventory;
    inventory.told = {{ForeignKind::Initramfs, "/boot/initrd.img", "", "1 module", ""}};
    const auto plan = [&] { return decide::plan_foreign(inventory, {ForeignKind::Modules}, {}); };
    CHECK(only_reason(plan()) == ForeignLeft);
    CHECK(decide::plan_foreign(inventory, {ForeignKind::Dkms}, {}).kept.empty());
    inventory.finds = {module_file("/m", "A")};
    inventory.finds.front().owner = "package x";
    CHECK(decide::is_clean(plan()));
}

TEST_CASE("the state counts what is nobody's") { // S2-14
    ForeignInventory inventory;
    inventory.finds = {module_file("/m", "A"), find(ForeignKind::Marker, "/marker")};
    inventory.finds.front().owner = "package x";
    const ForeignState state = decide::state_of(inventory);
    CHECK(state.marker);
    CHECK_FALSE(state.modules);
    CHECK(to_text(state, "before") == "modules_before=absent dkms_before=absent "
                                      "libraries_before=absent setuid_before=absent "
                                      "marker_before=present");
}
