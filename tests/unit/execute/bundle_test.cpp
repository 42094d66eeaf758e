// SPDX-License-Identifier: LGPL-2.1-or-later
// A bake that brings its userspace appears whole, or not at all. These need root, as bakes do.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/digest.hpp"
#include "execute/commit.hpp"
#include "execute/fitness.hpp"
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

Product nvidia() {
    const std::string image = fakes::module_image("nvidia", kernel);
    const auto bytes = bytes_of(image);
    Product product;
    product.bytes.assign(bytes.begin(), bytes.end());
    product.module = {"nvidia",
                      "modules/nvidia.ko",
                      bytes.size(),
                      sha256_hex(bytes),
                      "6.1.0-1 SMP mod_unload ",
                      "0123456789ABCDEF0123456",
                      {}};
    return product;
}

const std::string userspace = "/opt/userspace";

/// A bake with a userspace: a library, a link to it, and a program that is setuid where it lies.
struct Bundling {
    fakes::TemporaryRoot tree;
    SystemEffects real{tree.root};
    model::Marker marker;
    std::string path;

    Bundling() {
        tree.write(userspace + "/lib/libcuda.so.1.0.0", "library");
        tree.write(userspace + "/bin/nvidia-modprobe", "program");
        ::chmod(tree.outside(userspace + "/bin/nvidia-modprobe").c_str(), 04755);
        const auto file = [](const char* path_, const char* text) {
            return model::BundledFile{path_, "", 7, sha256_hex(bytes_of(text)), ""};
        };
        marker.driver_version = "1.0.0";
        marker.kernel = kernel;
        marker.arch = "x86_64";
        marker.source = "dkms:drv";
        marker.source_sha256 = std::string(64, 'a');
        marker.kernel_config_sha256 = std::string(64, 'b');
        marker.compiler = "gcc 12";
        marker.made_by = "a test";
        marker.userspace_sha256 = std::string(64, 'd');
        marker.bundled = {file("bin/nvidia-modprobe", "program"),
                          file("lib/libcuda.so.1.0.0", "library"),
                          {"lib/libcuda.so.1", "libcuda.so.1.0.0", 0, "", ""}};
        marker.id = source::bake_id(marker);
        path = bake_path(marker.id);
    }
    std::string flaw() const { return unfit(tree.root, path, marker); }
    std::vector<std::string> entries() const {
        return tree.root.list(store).value_or(std::vector<std::string>{});
    }
    Result<void> commit(Effects& effects) {
        return commit_bake(tree.root, effects, marker, {nvidia()}, Existing::Keep, userspace);
    }
};

} // namespace

TEST_CASE_FIXTURE(Bundling,
                  "a userspace is copied, forced to disk, and loses its setuid bits") { // F-115
    fakes::RecordingEffects effects(real);
    const auto committed = commit(effects);
    REQUIRE_MESSAGE(committed, committed.error().what);
    const std::string fresh = store + "/.new-" + marker.id;
    const auto first = std::ranges::find(effects.calls, "ensure_directory " + fresh + "/bin 0755");
    REQUIRE(effects.calls.end() - first >= 8);
    CHECK(std::vector(first, first + 8) ==
          std::vector<std::string>{
              "ensure_directory " + fresh + "/bin 0755", "ensure_directory " + fresh + "/lib 0755",
              "copy_file " + fresh + "/bin/nvidia-modprobe 0755",
              "copy_file " + fresh + "/lib/libcuda.so.1.0.0 0644",
              "replace_link " + fresh + "/lib/libcuda.so.1 libcuda.so.1.0.0",
              "sync_directory " + fresh + "/bin", "sync_directory " + fresh + "/lib",
              "create_file " + fresh + "/marker.toml 0644"});
    CHECK(flaw() == "");
    const auto program = tree.root.status(path + "/bin/nvidia-modprobe");
    REQUIRE(program);
    CHECK((program->st_mode & 07777) == 0755);
    CHECK(tree.read(path + "/lib/libcuda.so.1.0.0") == "library");
    CHECK(tree.root.read_link(path + "/lib/libcuda.so.1").value_or("") == "libcuda.so.1.0.0");
}

TEST_CASE_FIXTURE(Bundling, "a userspace that changes under the copy is not committed") { // F-45
    tree.write(userspace + "/lib/libcuda.so.1.0.0", "Library");
    const auto committed = commit(real);
    REQUIRE_FALSE(committed);
    CHECK(committed.error().what.contains("libcuda.so.1.0.0 was changed"));
    CHECK(entries().empty());
}

// F-31: a boot looks at the size alone; whoever wants to keep the bake reads it.
TEST_CASE_FIXTURE(Bundling, "a damaged library makes the bake unfit to keep") {
    REQUIRE(commit(real));
    tree.write(path + "/lib/libcuda.so.1.0.0", "Library");
    CHECK(unfit(tree.root, path, marker, Depth::Looks) == "");
    CHECK(flaw().contains("lib/libcuda.so.1.0.0 is damaged"));
    REQUIRE(commit(real));
    CHECK(flaw() == "");
}

// F-02, F-22, F-23
TEST_CASE_FIXTURE(Bundling, "failing at any change of a bundling bake leaves nothing half-made") {
    fakes::FailingEffects counting(real, 0, 0, fakes::Failing::Once);
    REQUIRE(commit(counting));
    for (std::size_t at = 1; at < counting.count; ++at) {
        CAPTURE(at);
        Bundling fresh;
        fakes::FailingEffects effects(fresh.real, at, ENOSPC, fakes::Failing::Once);
        CHECK_FALSE(fresh.commit(effects));
        for (const std::string& name : fresh.entries())
            CHECK(name == fresh.marker.id);
        REQUIRE(fresh.commit(fresh.real));
        CHECK(fresh.flaw() == "");
    }
}

TEST_SUITE_END();
