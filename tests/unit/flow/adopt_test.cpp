// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/adopt.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/compression.hpp"
#include "base/names.hpp"
#include "decide/judge.hpp"
#include "execute/system_effects.hpp"
#include "fakes/failing_effects.hpp"
#include "fakes/module_image.hpp"
#include "fakes/recording_effects.hpp"
#include "fakes/temporary_root.hpp"
#include "input/store.hpp"

using namespace gpuboot;
using fakes::TemporaryRoot;
using namespace std::string_view_literals;

namespace {

constexpr const char* kernel = "6.1.0-50-cloud-amd64";
const std::string folder = std::string("/lib/modules/") + kernel + "/updates/dkms";

std::string image(std::string_view name, std::string_view of = kernel) {
    return fakes::module_image(name, of, "version=535.261.03\0license=Dual MIT/GPL\0"sv);
}

struct Machine {
    TemporaryRoot tree;
    execute::SystemEffects effects{tree.root};
    model::Pin pin;

    Machine() {
        pin.version = "535.261.03";
        pin.source = {"dkms", "nvidia-current-open", std::string(64, 'a')};
        pin.accept_adopted = true;
        tree.write(folder + "/nvidia.ko", image("nvidia"));
        tree.write(folder + "/nvidia-uvm.ko", image("nvidia_uvm"));
        tree.write(std::string("/boot/config-") + kernel, "CONFIG_X86_64=y\n");
        tree.write("/run/x", "");
    }

    Result<flow::BakeResult> adopt() { return adopt_with(effects); }
    Result<flow::BakeResult> adopt_with(execute::Effects& how) {
        return flow::adopt(tree.root, how, pin, {{kernel, "x86_64"}, {"nvidia", "nvidia-uvm"}});
    }
    std::string refusal() {
        auto adopted = adopt();
        CHECK(bakes().empty());
        return adopted ? "none" : adopted.error().what;
    }
    std::vector<std::string> bakes() const {
        return tree.root.list(names::store).value_or(std::vector<std::string>{});
    }
    std::vector<model::Reason> judge() const {
        auto store = input::read_store(tree.root, {kernel, "x86_64", pin.version});
        REQUIRE(store.bakes.size() == 1);
        model::Facts facts;
        facts.host = {kernel, "x86_64"};
        facts.pin.value = pin;
        facts.policy.modules = {"nvidia", "nvidia-uvm"};
        return decide::judge_bake(facts, store.bakes.front());
    }
};

} // namespace

TEST_CASE("a set that another tool compiled becomes a bake where the pin accepts it") {
    Machine machine;
    const auto adopted = machine.adopt();
    REQUIRE_MESSAGE(adopted, adopted.error().what);
    CHECK_FALSE(adopted->reused);
    CHECK(machine.bakes() == std::vector<std::string>{adopted->id});
    CHECK(machine.judge().empty());
    const std::string marker = machine.tree.read(adopted->path + "/marker.toml");
    CHECK(marker.contains("source = 'adopted:" + folder + "'") +
              marker.contains("source = \"adopted:" + folder + "\"") ==
          1);
    CHECK(machine.tree.read(adopted->path + "/modules/nvidia.ko") == image("nvidia"));
    // The foreign files stay, and a second time there is nothing to do.
    CHECK(machine.tree.read(folder + "/nvidia.ko") == image("nvidia"));
    const auto again = machine.adopt();
    REQUIRE(again);
    CHECK(again->reused);
    CHECK(again->id == adopted->id);

    machine.pin.accept_adopted = false;
    const auto reasons = machine.judge();
    REQUIRE(reasons.size() == 1);
    CHECK(reasons.front().code == model::ReasonCode::SourceDiffers);
    CHECK(reasons.front().found == "adopted:" + folder);
}

TEST_CASE("files count by what they hold, whatever a distribution calls them") {
    Machine machine;
    const auto rename = [&](const char* from, const char* to) {
        std::filesystem::rename(machine.tree.outside(folder + from),
                                machine.tree.outside(folder + to));
    };
    SUBCASE("Debian's names, beside another driver's") {
        rename("/nvidia.ko", "/nvidia-current.ko");
        rename("/nvidia-uvm.ko", "/nvidia-current-uvm.ko");
        machine.tree.write(folder + "/nvidia-tesla-470.ko",
                           fakes::module_image("nvidia", kernel, "version=470.223.02\0"sv));
        const auto adopted = machine.adopt();
        REQUIRE_MESSAGE(adopted, adopted.error().what);
        CHECK(machine.judge().empty());
        CHECK(machine.tree.read(adopted->path + "/modules/nvidia.ko") == image("nvidia"));
    }
    SUBCASE("compressed") {
        machine.tree.write(
            folder + "/nvidia-uvm.ko.xz",
            std::string(text_of(*compress(Compression::Xz, bytes_of(image("nvidia_uvm"))))));
        std::filesystem::remove(machine.tree.outside(folder + "/nvidia-uvm.ko"));
        const auto adopted = machine.adopt();
        REQUIRE_MESSAGE(adopted, adopted.error().what);
        CHECK(machine.judge().empty());
        CHECK(machine.tree.root.exists(adopted->path + "/modules/nvidia-uvm.ko.xz"));
    }
    SUBCASE("two that are the same module") {
        machine.tree.write(folder + "/nvidia-current.ko", image("nvidia"));
        CHECK(machine.refusal().ends_with("are both module nvidia: remove one"));
    }
}

TEST_CASE("what cannot be vouched for is not taken over, and says why") {
    Machine machine;
    SUBCASE("a pin that does not accept it") {
        machine.pin.accept_adopted = false;
        CHECK(machine.refusal().contains("accept_adopted = true"));
    }
    SUBCASE("a set that is not complete") {
        std::filesystem::remove(machine.tree.outside(folder + "/nvidia-uvm.ko"));
        CHECK(machine.refusal().starts_with("the set is not complete"));
    }
    SUBCASE("another version") {
        machine.pin.version = "570.86.15";
        CHECK(machine.refusal().contains(folder + "/nvidia.ko: driver 535.261.03"));
    }
    SUBCASE("another kernel's module in this kernel's folder") {
        machine.tree.write(folder + "/nvidia-uvm.ko", image("nvidia_uvm", "6.1.0-47"));
        CHECK(machine.refusal().ends_with("kernel: wanted " + std::string(kernel) +
                                          ", found 6.1.0-47"));
    }
    SUBCASE("another module under that name") {
        machine.tree.write(folder + "/nvidia-uvm.ko", image("evil"));
        CHECK(machine.refusal().starts_with("the set is not complete: no module nvidia_uvm of"));
    }
    SUBCASE("the other kind") {
        machine.pin.kind = model::Kind::Proprietary;
        CHECK(machine.refusal().contains("license: wanted NVIDIA, found \"Dual MIT/GPL\""));
    }
    SUBCASE("a file that others may write") {
        ::chmod(machine.tree.outside(folder + "/nvidia-uvm.ko").c_str(), 0666);
        CHECK(machine.refusal().contains("others than root may write it"));
    }
    SUBCASE("a symlink") {
        machine.tree.write("/elsewhere/nvidia-uvm.ko", image("nvidia_uvm"));
        std::filesystem::remove(machine.tree.outside(folder + "/nvidia-uvm.ko"));
        machine.tree.link(folder + "/nvidia-uvm.ko", "/elsewhere/nvidia-uvm.ko");
        CHECK(machine.refusal() != "none");
    }
    SUBCASE("two folders that hold it") {
        machine.tree.write(std::string("/lib/modules/") + kernel + "/extra/nvidia.ko",
                           image("nvidia"));
        CHECK(machine.refusal().starts_with("several folders hold driver 535.261.03"));
    }
    SUBCASE("a kernel whose configuration nobody knows") {
        std::filesystem::remove(machine.tree.outside(std::string("/boot/config-") + kernel));
        CHECK(machine.refusal().starts_with("the kernel's configuration"));
    }
}

TEST_CASE("at whichever change it fails, there is no half bake") { // F-19
    Machine dry;
    fakes::RecordingEffects recorded(dry.effects);
    REQUIRE(dry.adopt_with(recorded));
    for (std::size_t at = 1; at <= recorded.calls.size(); ++at) {
        CAPTURE(recorded.calls[at - 1]);
        Machine machine;
        fakes::FailingEffects failing(machine.effects, at, ENOSPC, fakes::Failing::Once);
        const auto adopted = machine.adopt_with(failing);
        if (adopted) CHECK(machine.judge().empty());
        for (const std::string& name : machine.bakes())
            if (!name.starts_with('.')) CHECK(machine.judge().empty());
        CHECK(machine.tree.read(folder + "/nvidia.ko") == image("nvidia")); // V6
    }
}
