// SPDX-License-Identifier: LGPL-2.1-or-later
// The whole of a bake with a compile that is played. Needs root, as a bake does.
#include "flow/bake.hpp"

#include <unistd.h>

#include <doctest/doctest.h>

#include <algorithm>

#include "base/compression.hpp"
#include "base/names.hpp"
#include "execute/lock.hpp"
#include "execute/system_effects.hpp"
#include "fakes/failing_effects.hpp"
#include "fakes/kernel_headers.hpp"
#include "fakes/module_image.hpp"
#include "fakes/recording_effects.hpp"
#include "fakes/temporary_root.hpp"
#include "source/tree_digest.hpp"

using namespace gpuboot;
using namespace gpuboot::flow;

namespace {

const bool not_root = ::geteuid() != 0;
const std::string gcc = "gcc-12 (Debian 12.2.0-14) 12.2.0";

struct Fixture {
    fakes::TemporaryRoot tree;
    execute::SystemEffects real{tree.root};
    fakes::RecordingEffects effects{real};
    model::Pin pin;
    BakeOptions options;
    int compiles = 0;
    std::string error;            ///< what the compiler says, when it is to fail
    std::function<void()> during; ///< called in the middle of a compile

    Fixture() {
        fakes::install_headers(tree, "6.1.0-1", gcc);
        fakes::install_programs(tree);
        tree.write("/usr/src/drv-1.0.0/dkms.conf", "PACKAGE_NAME=drv\nPACKAGE_VERSION=1.0.0\n"
                                                   "MAKE=make\nBUILT_MODULE_NAME=nvidia\n");
        const auto listed = source::list_tree(tree.root, "/usr/src/drv-1.0.0");
        pin = {"1.0.0",
               model::Kind::Open,
               {"dkms", "drv", *source::digest_tree(tree.root, *listed)},
               {}};
        options.confine = "/bin/true"; // never run: on_run stands in for it
        effects.on_run = [this](const Tool& tool) { return play(tool); };
    }

    Result<ToolResult> play(const Tool& tool) {
        if (tool.argv.back() == "--version") return ToolResult{0, false, gcc + "\n"};
        if (tool.argv.back() == "make") {
            ++compiles;
            if (during) during();
            if (!error.empty()) {
                tool.on_line(error);
                return ToolResult{2, false, ""};
            }
            const auto at = std::ranges::find(tool.argv, "--directory");
            tree.write(*(at + 1) + "/nvidia.ko", fakes::module_image("nvidia", "6.1.0-1"));
        }
        return ToolResult{};
    }

    Result<BakeResult> run() { return bake(tree.root, effects, pin, options); }
};

} // namespace

TEST_SUITE_BEGIN("bake" * doctest::skip(not_root));

// S4-24
TEST_CASE_FIXTURE(Fixture, "same inputs and a fit bake: nothing is compiled") {
    const auto first = run();
    REQUIRE(first);
    CHECK(first->id.starts_with("1.0.0-open-6.1.0-1-"));
    CHECK(first->bytes == fakes::module_image("nvidia", "6.1.0-1").size());
    CHECK(!first->reused);
    const auto second = run();
    REQUIRE(second);
    CHECK(second->reused);
    CHECK(second->id == first->id);
    CHECK(second->bytes == first->bytes);
    CHECK(compiles == 1);
}

TEST_CASE_FIXTURE(Fixture, "told to, or when the bake is damaged, it compiles again") {
    const auto first = run();
    REQUIRE(first);
    options.force = true;
    REQUIRE(run());
    CHECK(compiles == 2);
    options.force = false;
    tree.write(first->path + "/modules/nvidia.ko", "damaged");
    const auto repaired = run();
    REQUIRE(repaired);
    CHECK(!repaired->reused);
    CHECK(compiles == 3);
    CHECK(run()->reused);
}

TEST_CASE_FIXTURE(Fixture, "source that is not the pinned one is never compiled") {
    tree.write("/usr/src/drv-1.0.0/more.c", "");
    const auto baked = run();
    REQUIRE(!baked);
    CHECK(baked.error().what.contains("wanted sha256 " + pin.source.sha256));
    CHECK(compiles == 0);
}

TEST_CASE_FIXTURE(Fixture, "modules lie compressed as policy says, and the bake fits as they do") {
    for (const char* suffix : {".zst", ".xz", ".gz"}) {
        const bool xz = suffix == std::string_view(".xz"), gz = suffix == std::string_view(".gz");
        tree.write("/etc/gpuboot/gpuboot.toml", std::string("schema = 1\n[bake]\ncompress = \"") +
                                                    (xz   ? "xz"
                                                     : gz ? "gzip"
                                                          : "zstd") +
                                                    "\"\n");
        options.force = true;
        const auto made = run();
        REQUIRE_MESSAGE(made, made.error().what);
        CHECK(tree.root.list(made->path + "/modules") ==
              std::vector<std::string>{std::string("nvidia.ko") + suffix});
        const auto image = fakes::module_image("nvidia", "6.1.0-1");
        const auto file = tree.read(made->path + "/modules/nvidia.ko" + suffix);
        const auto unpacked = decompress(compression_of_file(suffix), bytes_of(file), 1 << 20);
        REQUIRE(unpacked);
        CHECK((text_of(*unpacked) == image));
        CHECK(made->bytes == file.size());
        options.force = false;
        CHECK(run()->reused);
    }
}

TEST_CASE_FIXTURE(Fixture, "another kernel, or another compiler, is another bake") {
    const auto first = run();
    tree.write("/usr/src/linux-headers-6.1.0-1/.config",
               tree.read("/usr/src/linux-headers-6.1.0-1/.config") + "CONFIG_MORE=y\n");
    const auto second = run();
    REQUIRE(second);
    CHECK(second->id != first->id);
    CHECK(tree.root.exists(first->path)); // V3
    CHECK(compiles == 2);
}

// S4-24
TEST_CASE_FIXTURE(Fixture, "which modules the pin asks for is an input, unless it is all of them") {
    const auto all = run();
    REQUIRE(all);
    pin.modules = {"nvidia"};
    CHECK(run()->reused);

    tree.write("/usr/src/drv-1.0.0/dkms.conf",
               "PACKAGE_NAME=drv\nPACKAGE_VERSION=1.0.0\nMAKE=make\nBUILT_MODULE_NAME=nvidia\n"
               "BUILT_MODULE_NAME[1]=nvidia-uvm\n");
    pin.source.sha256 =
        *source::digest_tree(tree.root, *source::list_tree(tree.root, "/usr/src/drv-1.0.0"));
    const auto one = run();
    REQUIRE_MESSAGE(one, one.error().what);
    const std::string marker = tree.read(one->path + "/marker.toml");
    CHECK(marker.contains("\nformat = 2\n"));
    CHECK(marker.contains("\nasked = ["));
    CHECK(run()->reused);
    CHECK(compiles == 2);
    pin.modules.clear();
    const auto both = run(); // which the compile that is played does not make
    REQUIRE(!both);
    CHECK(both.error().what.contains("made no nvidia-uvm.ko"));
    pin.modules = {"nvidia", "nvidia-vgpu"};
    CHECK(run().error().code == Errc::BadInput);
    CHECK(compiles == 3);
}

// F-65, S4-24
TEST_CASE_FIXTURE(Fixture,
                  "a compile error is remembered, and the same inputs are not tried again") {
    error = "nvidia.c:7:1: error: no such thing";
    const auto first = run();
    REQUIRE(!first);
    CHECK(first.error().code == Errc::Hopeless);
    const auto second = run();
    REQUIRE(!second);
    CHECK(second.error().code == Errc::Remembered);
    CHECK(second.error().what == "the compile failed: nvidia.c:7:1: error: no such thing");
    CHECK(compiles == 1);
}

// F-77
TEST_CASE_FIXTURE(Fixture,
                  "remembered or not: other headers or --force try again, success forgets") {
    error = "nvidia.c:7:1: error: no such thing";
    CHECK(!run());
    options.force = true;
    CHECK(run().error().code == Errc::Hopeless);
    options.force = false;
    tree.write("/usr/src/linux-headers-6.1.0-1/include/generated/utsversion.h", "#2");
    CHECK(run().error().code == Errc::Hopeless);
    CHECK(compiles == 3);
    error = "";
    CHECK(run().error().code == Errc::Remembered);
    options.force = true;
    REQUIRE(run());
    CHECK(tree.root.list(names::failed_directory)->empty());
}

// F-68
TEST_CASE_FIXTURE(Fixture, "what the machine did to a compile is not remembered") {
    error = "nvidia.c:7:1: fatal error: error writing to x.o: No space left on device";
    CHECK(run().error().code == Errc::Io);
    error = "";
    CHECK(run());
}

// F-62, F-63, F-64
TEST_CASE_FIXTURE(Fixture, "what lacks is told, all of it, before anything runs") {
    std::filesystem::remove(tree.outside("/usr/bin/gcc-12"));
    std::filesystem::remove(tree.outside("/usr/bin/make"));
    const auto baked = run();
    REQUIRE(!baked);
    CHECK(baked.error().what.contains("package gcc-12 brings it"));
    CHECK(baked.error().what.contains("package make brings it"));
    CHECK(effects.count("run ") == 0);
}

TEST_CASE_FIXTURE(Fixture, "a fit bake of the image's own store is as good as one made here") {
    const auto first = run();
    REQUIRE(first);
    const std::string vendor = std::string(names::vendor_store) + "/" + first->id;
    std::filesystem::create_directories(tree.outside(std::string(names::vendor_store)));
    std::filesystem::rename(tree.outside(first->path), tree.outside(vendor));
    const auto second = run();
    REQUIRE(second);
    CHECK(second->path == vendor);
    CHECK(second->reused);
    CHECK(compiles == 1);
}

// F-94
TEST_CASE_FIXTURE(Fixture, "while it compiles, the lock that a check takes is free") {
    bool free = false;
    during = [&] {
        free = execute::Lock::take(tree.root, real, std::chrono::milliseconds(0)).has_value();
        CHECK(!execute::Lock::take_bake(tree.root, real, std::chrono::milliseconds(0)));
    };
    REQUIRE(run());
    CHECK(free);
}

// F-72, F-94
TEST_CASE_FIXTURE(Fixture, "while another bakes, it waits no longer than its deadline") {
    const auto lock = execute::Lock::take_bake(tree.root, real, std::chrono::milliseconds(0));
    REQUIRE(lock);
    options.deadline = std::chrono::milliseconds(20);
    const auto baked = run();
    REQUIRE(!baked);
    CHECK(baked.error().code == Errc::Busy);
    CHECK(compiles == 0);
}

// F-01 to F-06, F-18 to F-23
TEST_CASE_FIXTURE(Fixture, "failing at any change, the next bake makes it good") {
    fakes::FailingEffects counting(effects, 0, 0, fakes::Failing::Once);
    const auto path = bake(tree.root, counting, pin, options)->path;
    for (const auto failing : {fakes::Failing::Once, fakes::Failing::FromThen})
        for (std::size_t at = 1; at <= counting.count; ++at) {
            CAPTURE(at);
            Fixture fresh;
            fakes::FailingEffects broken(fresh.effects, at, EIO, failing);
            const auto first = bake(fresh.tree.root, broken, fresh.pin, fresh.options);
            const auto second = fresh.run();
            REQUIRE(second);
            if (first) CHECK(second->reused); // V2: what was reported as done is done
            CHECK(fresh.tree.root.list("/var/lib/gpuboot/bakes")->size() == 1);
            CHECK(fresh.tree.root.list("/var/lib/gpuboot/build")->empty());
            CHECK(fresh.run()->reused);
        }
}

TEST_SUITE_END();

// S4-28
TEST_CASE("without rights it says so at once" * doctest::skip(!not_root)) {
    const fakes::TemporaryRoot tree;
    execute::SystemEffects effects(tree.root);
    const auto baked = bake(tree.root, effects, {}, {});
    REQUIRE(!baked);
    CHECK(baked.error().what.starts_with("baking needs root"));
}
