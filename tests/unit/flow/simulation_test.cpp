// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/simulation.hpp"

#include <doctest/doctest.h>

#include "unit/input/bake_on_disk.hpp"

using namespace gpuboot;
using tests::BakeOnDisk;

namespace {

/// A tree that pins what its bake holds, on a machine that has neither GPU nor that kernel.
struct Tree : BakeOnDisk {
    Tree() {
        tree.write("/etc/gpuboot/versions.toml",
                   std::string("schema = 1\n[driver]\nversion = \"") + version +
                       "\"\nkind = \"open\"\n[driver.source]\ntype = \"dkms\"\nname = "
                       "\"nvidia-current-open\"\nsha256 = \"" +
                       std::string(64, 'a') + "\"\n");
        tree.write("/etc/gpuboot/gpuboot.toml",
                   "schema = 1\n[driver]\nmodules = [\"nvidia\", \"nvidia-uvm\"]\n");
        tree.write(std::string("/lib/firmware/nvidia/") + version + "/gsp_tu10x.bin", "");
        tree.write("/etc/gpuboot/opt-out", "");
    }
    flow::Simulation run(flow::Imagined machine) const {
        auto simulation = flow::simulate(tree.root, machine);
        REQUIRE_MESSAGE(simulation, (simulation ? "" : simulation.error().what));
        return std::move(*simulation);
    }
};

std::string verdict(const flow::Simulation& simulation) {
    return std::string(to_text(simulation.verdict.kind));
}

const flow::Imagined fitting{BakeOnDisk::kernel, BakeOnDisk::arch, "10de:2330", {}, {}};

} // namespace

TEST_CASE("a machine that the store fits would take the fast path") {
    const Tree tree;
    const auto simulation = tree.run(fitting);
    CHECK(verdict(simulation) == "fast");
    CHECK(simulation.verdict.bake == BakeOnDisk::id);
    CHECK(simulation.plan.size() == 4); // the note of a first load, the link, two modules
    CHECK(simulation.assumed.size() >= 4);
}

TEST_CASE("another kernel, arch or driver is judged as it would be there") {
    const Tree tree;
    flow::Imagined machine = fitting;
    SUBCASE("kernel") { machine.kernel = "6.1.0-99-cloud-amd64"; }
    SUBCASE("arch") { machine.arch = "aarch64"; }
    SUBCASE("driver") { machine.version = "550.1"; }
    SUBCASE("kind") { machine.kind = model::Kind::Proprietary; }
    const auto simulation = tree.run(machine);
    CHECK(simulation.verdict.kind != model::VerdictKind::Fast);
    CHECK_FALSE(simulation.verdict.reasons.empty());
}

TEST_CASE("a GPU of another maker is none") {
    flow::Imagined machine = fitting;
    machine.pci_id = "1002:744c";
    CHECK(verdict(Tree().run(machine)) == "idle");
}

TEST_CASE(
    "without a pin the version and kind that are asked for are taken, with their bake's source") {
    const Tree tree;
    std::filesystem::remove(tree.tree.outside("/etc/gpuboot/versions.toml"));
    CHECK(verdict(tree.run(fitting)) == "blocked");
    flow::Imagined machine = fitting;
    machine.version = BakeOnDisk::version;
    machine.kind = model::Kind::Open;
    const auto simulation = tree.run(machine);
    CHECK(simulation.assumed.back().contains("its bake was made from"));
    CHECK(simulation.verdict.bake == BakeOnDisk::id);
}

TEST_CASE("a GPU is named by vendor and device") {
    CHECK(flow::is_pci_id("10de:2330"));
    for (const char* text : {"", "10de", "10DE:2330", "10de:23300", "10de-2330", "10de:233g"})
        CHECK_FALSE(flow::is_pci_id(text));
}
