// SPDX-License-Identifier: LGPL-2.1-or-later
// Acting on verdicts against a kernel made of two lists: another driver makes way, whole or not at
// all, at whichever step something fails.
#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>

#include "base/digest.hpp"
#include "base/names.hpp"
#include "decide/judge.hpp"
#include "fakes/failing_effects.hpp"
#include "fakes/recording_effects.hpp"
#include "fakes/temporary_root.hpp"
#include "flow/acting.hpp"
#include "unit/decide/machines.hpp"

using namespace gpuboot;
using namespace gpuboot::model;
using Names = std::vector<std::string>;

namespace {

const std::string old_nvidia = "old nvidia", old_uvm = "old uvm";

/// A kernel that holds modules by name and bytes, and refuses to unload one that another stands on.
class Kernel : public fakes::RecordingEffects {
  public:
    std::vector<std::pair<std::string, std::string>> live{{"nvidia", old_nvidia},
                                                          {"nvidia_uvm", old_uvm}};
    std::string active;
    std::string busy;    ///< a module that somebody has begun to use
    std::string refused; ///< bytes that it does not take

    Result<void> load_module(std::string_view name, ByteView image) override {
        (void)RecordingEffects::load_module(name, image);
        if (text_of(image) == refused) return fail_errno("init_module", EINVAL);
        live.emplace_back(name, text_of(image));
        return {};
    }
    Result<void> unload_module(std::string_view name) override {
        (void)RecordingEffects::unload_module(name);
        const bool base = name == "nvidia" && live.size() > 1;
        if (base || name == busy) return fail_errno("delete_module", EWOULDBLOCK);
        std::erase_if(live, [&](const auto& module) { return module.first == name; });
        return {};
    }
    Result<void> replace_link(std::string_view path, std::string_view target) override {
        active = target.substr(target.rfind('/') + 1);
        return RecordingEffects::replace_link(path, target);
    }
    Result<void> remove(std::string_view path) override {
        if (path == names::active_link) active.clear();
        return RecordingEffects::remove(path);
    }

    /// What reading the machine again would say.
    void tell(Facts& facts) const {
        facts.active = active;
        facts.loaded.reset();
        facts.running.modules.clear();
        facts.running.users.clear();
        bool old = false;
        Names names;
        for (const auto& [name, bytes] : live) {
            names.push_back(name);
            old = old || bytes.starts_with("old");
            const bool base = name == "nvidia" && live.size() > 1;
            facts.running.modules.push_back(
                {name, "live", bytes, base ? 1 : 0, base ? Names{"nvidia_uvm"} : Names{}});
        }
        facts.gpus.front().driver = live.empty() ? "" : "nvidia";
        if (!live.empty())
            facts.loaded =
                LoadedDriver{old ? "570.1" : "535.261.03", Kind::Open, names, live.front().second};
    }
};

/// Every file of the bake holds "new" and its name, so that the kernel can be asked what it holds.
input::World world(const Kernel& kernel) {
    input::World world{tests::fitting_machine(), {}, true};
    world.facts.policy.modules = {"nvidia", "nvidia-uvm"};
    BakeFact& bake = world.facts.bakes.front();
    bake.marker.value->modules.pop_back();
    bake.files.pop_back();
    const auto keep = [&](const std::string& text) {
        const std::string digest = sha256_hex(bytes_of(text));
        world.images[digest] = Bytes(bytes_of(text).begin(), bytes_of(text).end());
        return digest;
    };
    for (std::size_t i = 0; i < bake.files.size(); ++i)
        bake.files[i].sha256 = bake.marker.value->modules[i].sha256 =
            keep("new " + bake.marker.value->modules[i].name);
    world.facts.running.origins = {{"nvidia", "/old", old_nvidia, keep(old_nvidia)},
                                   {"nvidia_uvm", "/old", old_uvm, keep(old_uvm)}};
    kernel.tell(world.facts);
    return world;
}

struct Outcome {
    Verdict verdict;
    Report report;
};

/// `effects` is the kernel, or something before it.
Outcome check(const Kernel& kernel, execute::Effects& effects) {
    const fakes::TemporaryRoot tree;
    const flow::Machine machine{tree.root, effects};
    auto found = world(kernel);
    flow::Run run(machine, "check", found.facts, decide::judge(found.facts));
    auto verdict = flow::act(machine, found, run, [&](input::World& seen) -> Result<void> {
        kernel.tell(seen.facts);
        return {};
    });
    REQUIRE(verdict);
    return {*verdict, run.report()};
}

std::string held(const Kernel& kernel) {
    std::string text;
    for (const auto& module : kernel.live)
        text += (text.empty() ? "" : ", ") + module.second;
    return text;
}

} // namespace

TEST_CASE("an idle driver of another version makes way for the bake") { // F-82 S1-22
    Kernel kernel;
    const auto [verdict, report] = check(kernel, kernel);
    CHECK(to_text(verdict.kind) == "ready");
    CHECK(held(kernel) == "new nvidia, new nvidia_uvm");
    CHECK_FALSE(kernel.active.empty());
    REQUIRE(kernel.calls.size() >= 2);
    CHECK(kernel.calls[0] == "unload_module nvidia_uvm");
    CHECK(kernel.calls[1] == "unload_module nvidia");
    CHECK(kernel.count("remove /run/gpuboot/ready") == 1); // it spoke of the other driver
}

TEST_CASE("when the last module does not go, those that went come back") { // F-79
    Kernel kernel;
    kernel.busy = "nvidia";
    const auto [verdict, report] = check(kernel, kernel);
    CHECK(to_text(verdict.kind) == "blocked");
    CHECK(held(kernel) == "old nvidia, old uvm");
    CHECK(kernel.active.empty());
    CHECK(kernel.count("load_module") == 1);
    CHECK(kernel.count("replace_link") == 0);
    REQUIRE_FALSE(verdict.reasons.empty());
    const Reason& reason = verdict.reasons.back();
    CHECK(to_text(reason).starts_with("reboot needed: module nvidia is in use by delete_module"));
}

TEST_CASE("when the kernel takes no bake, the driver that ran comes back") {
    Kernel kernel;
    kernel.refused = "new nvidia";
    const auto [verdict, report] = check(kernel, kernel);
    CHECK(to_text(verdict.kind) == "rebuild");
    CHECK(held(kernel) == "old nvidia, old uvm");
    CHECK(kernel.active.empty());
    CHECK(kernel.count("load_module nvidia ") == 2); // the bake's once, and the old one
}

TEST_CASE("at whichever change it fails, one whole driver runs, and no mixture") { // F-79 V8
    Kernel dry;
    (void)check(dry, dry);
    REQUIRE(dry.calls.size() > 6);
    for (std::size_t at = 1; at <= dry.calls.size(); ++at) {
        CAPTURE(dry.calls[at - 1]);
        Kernel kernel;
        fakes::FailingEffects effects(kernel, at, EIO, fakes::Failing::Once);
        const auto [verdict, report] = check(kernel, effects);
        const std::string now = held(kernel);
        CHECK_MESSAGE((now == "old nvidia, old uvm" || now == "new nvidia, new nvidia_uvm"), now);
        CHECK(kernel.active.empty() == now.starts_with("old")); // V5
        if (now.starts_with("new")) CHECK(to_text(verdict.kind) == "ready");
        if (now.starts_with("old")) CHECK_FALSE(verdict.reasons.empty());
    }
}
