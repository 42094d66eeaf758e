// SPDX-License-Identifier: LGPL-2.1-or-later
// These need root: a bake belongs to root, and is judged by that.
#include "execute/commit.hpp"

#include <unistd.h>

#include <doctest/doctest.h>

#include "base/digest.hpp"
#include "execute/fitness.hpp"
#include "execute/purge.hpp"
#include "execute/recovery.hpp"
#include "execute/system_effects.hpp"
#include "fakes/failing_effects.hpp"
#include "fakes/module_image.hpp"
#include "fakes/recording_effects.hpp"
#include "fakes/temporary_root.hpp"
#include "source/bake_id.hpp"

using namespace gpuboot;
using namespace gpuboot::execute;

namespace {

constexpr const char* kernel = "6.1.0-1";
const std::string store = "/var/lib/gpuboot/bakes";
const bool not_root = ::geteuid() != 0;

model::Marker inputs() {
    model::Marker marker;
    marker.driver_version = "1.0.0";
    marker.kernel = kernel;
    marker.arch = "x86_64";
    marker.source = "dkms:drv";
    marker.source_sha256 = std::string(64, 'a');
    marker.kernel_config_sha256 = std::string(64, 'b');
    marker.compiler = "gcc 12";
    marker.made_by = "a test";
    marker.id = source::bake_id(marker);
    return marker;
}

std::vector<Product> products() {
    std::vector<Product> products;
    for (const std::string name : {"nvidia", "nvidia_uvm"}) {
        const std::string image = fakes::module_image(name, kernel);
        const auto bytes = bytes_of(image);
        Product product;
        product.bytes.assign(bytes.begin(), bytes.end());
        product.module = {name,
                          "modules/" + name + ".ko",
                          bytes.size(),
                          sha256_hex(bytes),
                          "6.1.0-1 SMP mod_unload ",
                          "0123456789ABCDEF0123456",
                          {}};
        products.push_back(std::move(product));
    }
    return products;
}

struct Fixture {
    fakes::TemporaryRoot tree;
    SystemEffects real{tree.root};
    model::Marker marker = inputs();
    std::string path = bake_path(marker.id);

    Result<void> commit(Effects& effects, Existing existing = Existing::Keep) {
        return commit_bake(tree.root, effects, marker, products(), existing);
    }
    std::string flaw() const { return unfit(tree.root, path, marker); }
    std::vector<std::string> entries() const {
        return tree.root.list(store).value_or(std::vector<std::string>{});
    }
    /// V1: what has a bake's name is a bake. V4: after recovery nothing else is there.
    void check_converged() {
        (void)recover(tree.root, real);
        for (const std::string& name : entries())
            CHECK(name == marker.id);
        if (tree.root.exists(path)) CHECK(flaw() == "");
        REQUIRE(commit(real));
        CHECK(entries() == std::vector<std::string>{marker.id});
        CHECK(flaw() == "");
    }
    void damage() const {
        std::string image = tree.read(path + "/modules/nvidia.ko");
        image[image.size() / 2] = static_cast<char>(image[image.size() / 2] ^ 1);
        std::filesystem::remove(tree.outside(path + "/modules/nvidia.ko"));
        tree.write(path + "/modules/nvidia.ko", image);
    }
};

} // namespace

TEST_SUITE_BEGIN("commit" * doctest::skip(not_root));

// F-36
TEST_CASE_FIXTURE(Fixture, "what this kernel would refuse is never committed") {
    const auto commit_one = [&](std::uint32_t crc, const std::string& words) {
        fakes::ModuleContent content{"nvidia", std::string(kernel) + words};
        content.imports = {{"module_layout", crc}};
        const std::string image = module_image(content);
        const auto bytes = bytes_of(image);
        Product product;
        product.bytes.assign(bytes.begin(), bytes.end());
        product.module = {"nvidia",
                          "modules/nvidia.ko",
                          bytes.size(),
                          sha256_hex(bytes),
                          content.vermagic,
                          content.srcversion,
                          {}};
        return commit_bake(tree.root, real, marker, {product}, Existing::Keep);
    };
    const std::string folder = "/lib/modules/" + std::string(kernel);
    tree.write(folder + "/build/Module.symvers",
               "0x00000007\tmodule_layout\tvmlinux\tEXPORT_SYMBOL\t\n");
    tree.write(folder + "/kernel/some.ko", fakes::module_image("some", kernel));
    const auto refused = commit_one(8, " SMP mod_unload ");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().what.contains("1 of 1 symbols differ: module_layout"));
    CHECK(entries().empty());
    const auto other = commit_one(7, " SMP preempt mod_unload ");
    REQUIRE_FALSE(other);
    CHECK(other.error().what.contains("vermagic"));
    CHECK(entries().empty());
    CHECK(commit_one(7, " SMP mod_unload "));
    CHECK(entries() == std::vector<std::string>{marker.id});
}

TEST_CASE_FIXTURE(Fixture, "each step is forced to disk before the next, the name comes last") {
    fakes::RecordingEffects effects(real);
    REQUIRE(commit(effects));
    const std::string fresh = store + "/.new-" + marker.id;
    CHECK(effects.calls == std::vector<std::string>{
                               "ensure_directory " + store + " 0755",
                               "ensure_directory " + fresh + " 0755",
                               "ensure_directory " + fresh + "/modules 0755",
                               "create_file " + fresh + "/modules/nvidia.ko 0644",
                               "create_file " + fresh + "/modules/nvidia_uvm.ko 0644",
                               "sync_directory " + fresh + "/modules",
                               "create_file " + fresh + "/marker.toml 0644",
                               "sync_directory " + fresh,
                               "rename_to_new " + fresh + " " + path,
                               "sync_directory " + store,
                               "remove_tree " + fresh,
                           });
    CHECK(flaw() == "");
    CHECK(entries() == std::vector<std::string>{marker.id});
}

// F-02, F-03, F-04, F-13, F-19, F-22, F-23
TEST_CASE_FIXTURE(Fixture,
                  "failing at any change leaves nothing half-made, and a rerun converges") {
    fakes::FailingEffects counting(real, 0, 0, fakes::Failing::Once);
    REQUIRE(commit(counting));
    for (const auto failing : {fakes::Failing::Once, fakes::Failing::FromThen})
        for (std::size_t at = 1; at <= counting.count; ++at) {
            CAPTURE(at);
            const int error = failing == fakes::Failing::Once ? ENOSPC : EIO;
            Fixture fresh;
            fakes::FailingEffects effects(fresh.real, at, error, failing);
            const auto committed = fresh.commit(effects);
            // The last change only tidies up.
            CHECK(committed.has_value() == (at == counting.count));
            if (!committed) CHECK(committed.error().sys == error);
            for (const std::string& name : fresh.entries()) {
                if (!name.starts_with('.')) CHECK(fresh.flaw() == "");
                // A process that lives on cleans up after itself.
                if (failing == fakes::Failing::Once) CHECK(name == fresh.marker.id);
            }
            fresh.check_converged();
        }
}

// F-31, F-32, F-33: found damaged, it is replaced, whatever fails on the way
TEST_CASE_FIXTURE(Fixture, "a damaged bake of the same name makes room") {
    REQUIRE(commit(real));
    damage();
    CHECK(flaw().contains(products().front().module.sha256));
    fakes::RecordingEffects effects(real);
    REQUIRE(commit(effects));
    CHECK(effects.count("rename_to_new " + path + " " + store + "/.del-") == 1);
    CHECK(flaw() == "");
    CHECK(entries() == std::vector<std::string>{marker.id});

    for (const auto failing : {fakes::Failing::Once, fakes::Failing::FromThen})
        for (std::size_t at = 1; at <= effects.calls.size(); ++at) {
            CAPTURE(at);
            Fixture fresh;
            REQUIRE(fresh.commit(fresh.real));
            fresh.damage();
            fakes::FailingEffects broken(fresh.real, at, EIO, failing);
            (void)fresh.commit(broken);
            (void)recover(fresh.tree.root, fresh.real);
            REQUIRE(fresh.commit(fresh.real));
            fresh.check_converged();
        }
}

// F-72
TEST_CASE_FIXTURE(Fixture, "of two fit bakes of one name the first stays, unless told otherwise") {
    REQUIRE(commit(real));
    const auto first = tree.root.status(path)->st_ino;
    REQUIRE(commit(real));
    CHECK(tree.root.status(path)->st_ino == first);
    REQUIRE(commit(real, Existing::Replace));
    CHECK(tree.root.status(path)->st_ino != first);
    CHECK(entries() == std::vector<std::string>{marker.id});
    CHECK(flaw() == "");
}

TEST_CASE_FIXTURE(Fixture, "recovery removes what has a name of ours, and nothing else") {
    REQUIRE(commit(real));
    tree.write(store + "/.new-x/modules/a.ko", "half");
    tree.write(store + "/.del-x-0/marker.toml", "half");
    tree.write(store + "/.unknown/file", "keep");
    tree.write(store + "/2.0.0-open-6.1.0-1-0123456789ab/file", "keep");
    tree.write("/var/lib/gpuboot/build/some-id/tree/file.c", "scratch");
    CHECK(recover(tree.root, real) == 2);
    CHECK(tree.root.exists("/var/lib/gpuboot/build/some-id/tree/file.c")); // somebody's compile
    CHECK(recover_builds(tree.root, real) == 1);
    CHECK(entries() ==
          std::vector<std::string>{".unknown", marker.id, "2.0.0-open-6.1.0-1-0123456789ab"});
    CHECK(tree.root.list("/var/lib/gpuboot/build")->empty());
    CHECK(recover(tree.root, real) == 0);
}

TEST_CASE_FIXTURE(Fixture, "a marker of other inputs does not pass under this name") {
    REQUIRE(commit(real));
    auto other = marker;
    other.kernel_config_sha256 = std::string(64, 'c');
    CHECK(unfit(tree.root, path, other) == ""); // same id: the folder is what it says it is
    auto text = tree.read(path + "/marker.toml");
    text.replace(text.find(std::string(64, 'b')), 64, std::string(64, 'c'));
    std::filesystem::remove(tree.outside(path + "/marker.toml"));
    tree.write(path + "/marker.toml", text);
    CHECK(flaw() == "its marker tells other inputs");
}

TEST_CASE_FIXTURE(Fixture,
                  "what another bake holds as well is stored once, and stays a file of its own") {
    REQUIRE(commit(real));
    const std::string other = path;
    marker.compiler = "gcc 13";
    marker.id = source::bake_id(marker);
    path = bake_path(marker.id);
    fakes::RecordingEffects effects(real);
    REQUIRE(commit(effects)); // also where the file system cannot: the calls are the promise
    CHECK(effects.count("share_blocks") >= 1);
    const std::string first = "share_blocks " + store + "/.new-" + marker.id + "/" +
                              products().front().module.path + " " + other + "/" +
                              products().front().module.path;
    CHECK(effects.count(first) == 1);
    CHECK(flaw() == "");
}

TEST_SUITE_END();
