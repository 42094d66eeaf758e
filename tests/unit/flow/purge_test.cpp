// SPDX-License-Identifier: LGPL-2.1-or-later
// Needs root: a bake belongs to root, and is judged by that.
#include "flow/purge.hpp"

#include <unistd.h>

#include <doctest/doctest.h>

#include "base/digest.hpp"
#include "base/names.hpp"
#include "execute/commit.hpp"
#include "execute/system_effects.hpp"
#include "fakes/module_image.hpp"
#include "fakes/temporary_root.hpp"
#include "input/policy.hpp"
#include "source/bake_id.hpp"

using namespace gpuboot;
using namespace gpuboot::flow;

namespace {

const bool not_root = ::geteuid() != 0;
const std::string store(names::store);
const std::string digest(64, 'a');

struct Fixture {
    fakes::TemporaryRoot tree;
    execute::SystemEffects effects{tree.root};

    Fixture() {
        std::filesystem::create_directories(tree.outside("/lib/modules/6.1.0-1"));
        tree.write("/etc/gpuboot/versions.toml",
                   "schema = 1\n[driver]\nversion = \"1.0.0\"\nkind = \"open\"\n[driver.source]\n"
                   "type = \"dkms\"\nname = \"drv\"\nsha256 = \"" +
                       digest + "\"\n");
    }
    std::string bake(const std::string& kernel, const std::string& compiler = "gcc 12") {
        const std::string image = fakes::module_image("nvidia", kernel);
        const auto bytes = bytes_of(image);
        model::Marker marker;
        marker.driver_version = "1.0.0";
        marker.kernel = kernel;
        marker.arch = "x86_64";
        marker.source = "dkms:drv";
        marker.source_sha256 = digest;
        marker.kernel_config_sha256 = digest;
        marker.compiler = compiler;
        marker.made_by = "a test";
        marker.id = source::bake_id(marker);
        execute::Product product;
        product.bytes.assign(bytes.begin(), bytes.end());
        product.module = {"nvidia",
                          "modules/nvidia.ko",
                          bytes.size(),
                          sha256_hex(bytes),
                          kernel + " SMP mod_unload ",
                          "0123456789ABCDEF0123456",
                          {}};
        REQUIRE(
            execute::commit_bake(tree.root, effects, marker, {product}, execute::Existing::Keep));
        return marker.id;
    }
    std::vector<std::string> entries() const { return *tree.root.list(store); }
};

} // namespace

TEST_SUITE_BEGIN("purge" * doctest::skip(not_root));

TEST_CASE_FIXTURE(Fixture, "named bakes go, others and strangers stay") {
    const auto first = bake("6.1.0-1"), second = bake("6.1.0-2");
    tree.write(store + "/stranger/file", "keep");
    const auto purged = purge(tree.root, effects, {first});
    REQUIRE(purged);
    CHECK(purged->ids == std::vector<std::string>{first});
    CHECK(entries() == std::vector<std::string>{second, "stranger"});
}

TEST_CASE_FIXTURE(Fixture, "a name that is no bake is refused before anything goes") {
    const auto first = bake("6.1.0-1");
    tree.write(store + "/.new-x/marker.toml", "x");
    tree.write("/var/lib/gpuboot/other/marker.toml", "x");
    for (const std::string wrong : {"stranger", "../other", ".", "", ".."}) {
        CAPTURE(wrong);
        const auto purged = purge(tree.root, effects, {first, wrong});
        REQUIRE(!purged);
        CHECK(purged.error().code == Errc::NotFound);
    }
    CHECK(entries() == std::vector<std::string>{first});
    CHECK(tree.root.exists("/var/lib/gpuboot/other/marker.toml"));
}

TEST_CASE_FIXTURE(Fixture, "the active bake is never deleted") { // V5
    const auto first = bake("6.1.0-1"), second = bake("6.1.0-2");
    tree.link(std::string(names::active_link), store + "/" + first);
    CHECK(purge(tree.root, effects, {first}).error().code == Errc::Busy);
    const auto purged = purge_all(tree.root, effects);
    REQUIRE(purged);
    CHECK(purged->ids == std::vector<std::string>{second});
    CHECK(purged->kept == std::vector<std::string>{first});
    CHECK(entries() == std::vector<std::string>{first});
}

TEST_CASE_FIXTURE(Fixture,
                  "a machine that opted out for good is emptied where policy says so") { // S2-09
    bake("6.1.0-1");
    const Machine machine{tree.root, effects};
    const auto wanted = [&] {
        REQUIRE(note_purge(machine, input::read_policy(tree.root).policy));
        return purge_is_wanted(machine);
    };
    const std::string purges = "schema = 1\n[store]\nopted_out = \"purge\"\n";
    tree.write("/etc/gpuboot/gpuboot.toml", purges);
    CHECK_FALSE(wanted()); // a driver is wanted
    tree.write(std::string(names::boot_opt_out_file), "");
    CHECK_FALSE(wanted()); // in this boot only
    tree.write("/proc/cmdline", "gpuboot=off\n");
    CHECK_FALSE(wanted());
    tree.write("/proc/cmdline", "ro\n");
    REQUIRE(effects.remove(names::boot_opt_out_file));
    tree.write(std::string(names::opt_out_file), "");
    CHECK(wanted());
    CHECK_FALSE(purge_is_wanted(machine)); // the word is for one time
    REQUIRE(note_purge(machine, input::read_policy(tree.root).policy));
    REQUIRE(effects.remove(names::opt_out_file));
    CHECK_FALSE(purge_is_wanted(machine)); // opted in since
    tree.write("/etc/gpuboot/gpuboot.toml", purges + "[driver]\nwanted = false\n");
    CHECK(wanted());
    tree.write("/etc/gpuboot/gpuboot.toml", "schema = 1\n[driver]\nwanted = false\n");
    CHECK_FALSE(wanted()); // kept by default
    tree.write("/etc/gpuboot/gpuboot.toml", purges + "[driver]\nwanted = false\n");
    REQUIRE(purge_all(tree.root, effects));
    CHECK_FALSE(wanted()); // nothing is left
}

TEST_CASE_FIXTURE(Fixture, "collection keeps what an installed kernel would boot with") {
    const auto useful = bake("6.1.0-1"), gone = bake("6.1.0-0"), older = bake("6.0.0-9");
    const auto purged = collect(tree.root, effects);
    REQUIRE(purged);
    CHECK(purged->ids == std::vector<std::string>{older, gone});
    CHECK(entries() == std::vector<std::string>{useful});
}

TEST_CASE_FIXTURE(Fixture, "without a valid pin or policy nothing is collected") {
    const auto first = bake("6.1.0-0");
    tree.write("/etc/gpuboot/gpuboot.toml", "schema = 1\n[store]\nkeep = -1\n");
    CHECK(!collect(tree.root, effects));
    tree.write("/etc/gpuboot/gpuboot.toml", "schema = 1\n[store]\nkeep = 0\n");
    tree.write("/etc/gpuboot/versions.toml", "");
    CHECK(!collect(tree.root, effects));
    CHECK(entries() == std::vector<std::string>{first});
}

TEST_SUITE_END();
