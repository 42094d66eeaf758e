// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/foreign.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <map>

#include "base/names.hpp"
#include "execute/foreign_intent.hpp"
#include "execute/system_effects.hpp"
#include "fakes/aks_gpu_tree.hpp"
#include "fakes/failing_effects.hpp"
#include "fakes/recording_effects.hpp"
#include "fakes/temporary_root.hpp"
#include "report/teardown.hpp"

using namespace gpuboot;
using fakes::TemporaryRoot;
using model::ForeignKind;
namespace fs = std::filesystem;

namespace {

constexpr const char* kernel = "6.1.0-50-cloud-amd64";
using Content = std::map<std::string, std::string>;

/// Files and links with mode and content; gpuboot's own are none of a tree's.
Content content(const TemporaryRoot& tree) {
    Content all;
    for (const auto& entry : fs::recursive_directory_iterator(tree.outside(""))) {
        const std::string path = entry.path().string().substr(tree.outside("").size());
        if (path.starts_with("/var/lib/gpuboot") || path.starts_with("/run/gpuboot")) continue;
        if (entry.is_symlink())
            all[path] = "-> " + fs::read_symlink(entry.path()).string();
        else if (entry.is_regular_file())
            all[path] = std::to_string(static_cast<unsigned>(entry.status().permissions())) + " " +
                        tree.read(path);
    }
    return all;
}

struct Machine {
    TemporaryRoot tree;
    execute::SystemEffects real{tree.root};
    fakes::RecordingEffects effects{real};
    std::vector<std::string> files; ///< of aks-gpu
    Content others;

    Machine() {
        fakes::install_package(tree, kernel);
        fakes::install_runfile(tree, kernel);
        tree.write("/etc/other", "not ours");
        others = content(tree);
        files = fakes::install_aks_gpu(tree, kernel);
        effects.on_run = [](const Tool&) { return ToolResult{}; };
    }

    model::Teardown purge(std::vector<ForeignKind> kinds = {ForeignKind::AksGpu}) {
        auto teardown = flow::purge_foreign(tree.root, effects, kinds);
        REQUIRE_MESSAGE(teardown, teardown.error().what);
        return *teardown;
    }
    std::size_t call(std::string_view beginning) const {
        const auto at = std::ranges::find_if(
            effects.calls, [&](const std::string& line) { return line.starts_with(beginning); });
        REQUIRE_MESSAGE(at != effects.calls.end(), beginning);
        return static_cast<std::size_t>(at - effects.calls.begin());
    }
    bool has_intent() const { return tree.root.status(names::foreign_intent).has_value(); }
};

bool keeps(const model::Teardown& teardown, model::ReasonCode code, const std::string& path) {
    return std::ranges::any_of(teardown.kept, [&](const model::Reason& reason) {
        return reason.code == code && reason.subject == path;
    });
}

} // namespace

TEST_CASE("what aks-gpu left goes, what a package and a person brought stays byte for byte") {
    // S2-12 S2-27 F-113
    Machine machine;
    const auto teardown = machine.purge();
    CHECK(teardown.cleaned);
    CHECK(content(machine.tree) == machine.others);
    for (const std::string& file : machine.files)
        CHECK(std::ranges::count(teardown.removed, file) == 1);
    CHECK_FALSE(machine.has_intent());
    CHECK_FALSE(machine.tree.root.exists("/usr/bin/lib64"));
    CHECK_FALSE(machine.tree.root.exists("/var/lib/dkms/nvidia"));
    CHECK(teardown.before.rights);
    CHECK(teardown.after == model::ForeignState{});
    CHECK(report::line_of(teardown).starts_with("event=teardown status=cleaned removed="));
}

TEST_CASE("the intent comes first, then rights, modules, the loader's lines, the marker last") {
    // S2-12 S2-16
    Machine machine;
    machine.purge();
    const std::vector<std::string> order{
        "replace_record /var/lib/gpuboot/foreign-intent",
        "remove /usr/bin/nvidia-modprobe",
        "remove /lib/modules/6.1.0-50-cloud-amd64/updates/dkms/nvidia.ko",
        "run /sbin/depmod --basedir " + machine.tree.outside("") + " " + kernel,
        "remove /etc/ld.so.conf.d/nvidia.conf",
        "remove /usr/bin/lib64/lib64/libcuda.so.550.144.03",
        "run /sbin/ldconfig -r " + machine.tree.outside(""),
        "remove /usr/bin/nvidia-smi",
        "remove /var/lib/dkms/nvidia/550.144.03/source",
        "remove /opt/azure/aks-gpu/dkms-marker",
        "remove /var/lib/gpuboot/foreign-intent",
    };
    for (std::size_t i = 1; i < order.size(); ++i)
        CHECK_MESSAGE(machine.call(order[i - 1]) < machine.call(order[i]), order[i]);
    CHECK(machine.effects.count("remove_tree") == 0); // which would delete what nobody named
}

TEST_CASE("a failure at any change is told, never over-cleans, and the next run ends it") {
    // S1-29 S2-16 F-10 F-113
    Machine whole;
    fakes::FailingEffects counting(whole.effects, 0, EIO, fakes::Failing::Once);
    REQUIRE(flow::purge_foreign(whole.tree.root, counting, {ForeignKind::AksGpu}));
    CHECK(counting.count > 30);
    for (const auto failing : {fakes::Failing::Once, fakes::Failing::FromThen})
        for (std::size_t at = 1; at <= counting.count; ++at) {
            Machine machine;
            fakes::FailingEffects broken(machine.effects, at, EIO, failing);
            const auto first =
                flow::purge_foreign(machine.tree.root, broken, {ForeignKind::AksGpu});
            INFO("change " << at);
            const Content after = content(machine.tree);
            for (const auto& [path, text] : machine.others)
                CHECK(after.at(path) == text);
            const bool marked = after.contains(fakes::aks_marker);
            CHECK((marked || after.size() == machine.others.size())); // S2-16
            if (first && first->cleaned) CHECK(after == machine.others);
            const auto second = machine.purge({ForeignKind::AksGpu});
            CHECK(second.cleaned);
            CHECK(content(machine.tree) == machine.others);
            CHECK_FALSE(machine.has_intent());
        }
}

TEST_CASE("a run that was killed goes on without being asked, also where its signs are gone") {
    Machine machine; // 5.5
    fakes::FailingEffects killed(machine.effects, 16, EIO, fakes::Failing::FromThen);
    (void)flow::purge_foreign(machine.tree.root, killed, {ForeignKind::AksGpu});
    REQUIRE(machine.has_intent());
    fs::remove(machine.tree.outside(fakes::aks_marker));
    const auto teardown = machine.purge({});
    CHECK(teardown.cleaned);
    CHECK(content(machine.tree) == machine.others);
}

TEST_CASE("what changed since the intent stays, and so does the marker") { // F-113
    Machine machine;
    fakes::FailingEffects killed(machine.effects, 6, EIO, fakes::Failing::FromThen);
    (void)flow::purge_foreign(machine.tree.root, killed, {ForeignKind::AksGpu});
    REQUIRE(machine.has_intent());
    machine.tree.write("/usr/bin/nvidia-smi", "another program");
    const auto teardown = machine.purge();
    CHECK_FALSE(teardown.cleaned);
    CHECK(keeps(teardown, model::ReasonCode::ForeignChanged, "/usr/bin/nvidia-smi"));
    CHECK(keeps(teardown, model::ReasonCode::ForeignLeft, fakes::aks_marker));
    CHECK(machine.tree.read("/usr/bin/nvidia-smi") == "another program");
    CHECK(machine.tree.root.exists(fakes::aks_marker));
    CHECK(machine.has_intent());
    CHECK(report::line_of(teardown).contains("status=incomplete"));
    CHECK(report::line_of(teardown).contains("marker_after=present"));
}

TEST_CASE("a file that changes between the look and its deletion stays") { // F-113
    Machine machine;
    machine.effects.on_run = [&](const Tool& tool) {
        if (tool.argv.front() == "/sbin/depmod")
            machine.tree.write("/usr/bin/nvidia-smi", "just written");
        return ToolResult{};
    };
    const auto teardown = machine.purge();
    CHECK(keeps(teardown, model::ReasonCode::ForeignChanged, "/usr/bin/nvidia-smi"));
    CHECK(machine.tree.read("/usr/bin/nvidia-smi") == "just written");
    CHECK(machine.tree.root.exists(fakes::aks_marker));
}

TEST_CASE("a derived file that was not made anew keeps the marker") { // S2-28 F-28
    Machine machine;
    machine.effects.on_run = [](const Tool& tool) {
        return ToolResult{tool.argv.front() == "/sbin/depmod" ? 1 : 0, false, "no space"};
    };
    const auto teardown = machine.purge();
    CHECK_FALSE(teardown.cleaned);
    CHECK(machine.tree.root.exists(fakes::aks_marker));
    machine.effects.on_run = [](const Tool&) { return ToolResult{}; };
    machine.effects.calls.clear();
    CHECK(machine.purge().cleaned);
    CHECK(machine.effects.count("run /sbin/depmod") == 1); // though no module was left to delete
}

TEST_CASE("a dry run says the same and touches nothing") {
    Machine machine;
    const Content before = content(machine.tree);
    const auto foreseen = flow::foresee_foreign(machine.tree.root, {ForeignKind::AksGpu});
    REQUIRE(foreseen);
    CHECK(content(machine.tree) == before);
    CHECK(machine.effects.calls.empty());
    CHECK_FALSE(machine.tree.root.exists("/var/lib/gpuboot"));
    CHECK(foreseen->removed == machine.purge().removed);
}

TEST_CASE("where nothing is foreign nothing is asked, written or run") { // S2-11 S2-21
    TemporaryRoot tree;
    execute::SystemEffects real(tree.root);
    fakes::RecordingEffects effects(real);
    const auto teardown = flow::purge_foreign(tree.root, effects, {ForeignKind::AksGpu});
    REQUIRE_MESSAGE(teardown, teardown.error().what);
    CHECK(teardown->cleaned);
    CHECK(effects.count("remove") == 0);
    CHECK(effects.count("replace") == 0);
    CHECK(effects.count("run") == 0);
}

TEST_CASE("without knowing whose files are nothing goes") { // F-113
    Machine machine;
    machine.tree.write("/var/lib/dpkg/info/torn.list", "/usr/bin/nvid");
    const Content before = content(machine.tree);
    const auto teardown =
        flow::purge_foreign(machine.tree.root, machine.effects, {ForeignKind::AksGpu});
    REQUIRE_FALSE(teardown);
    CHECK(teardown.error().what.contains("torn.list"));
    CHECK(content(machine.tree) == before);
}

TEST_CASE("an intent that does not prove itself was never finished, so it names nothing") {
    Machine machine; // 5.5
    machine.tree.write(std::string(names::foreign_intent), "{\"format\":1,\"entries\":[{");
    const auto entries = execute::read_intent(machine.tree.root);
    REQUIRE(entries);
    CHECK(entries->empty());
    CHECK(machine.purge().cleaned);
    CHECK_FALSE(machine.has_intent());
}

TEST_CASE("an intent comes back as it was written") {
    Machine machine;
    const std::vector<model::ForeignEntry> entries{
        {ForeignKind::Modules, "/a \"b\"\n", model::EntryType::File, 5, std::string(64, 'a'), "",
         true},
        {ForeignKind::Libraries, "/b", model::EntryType::Link, 0, "", "x y", false},
        {ForeignKind::Dkms, "/c", model::EntryType::Directory, 0, "", "", false}};
    REQUIRE(execute::write_intent(machine.effects, entries));
    const auto read = execute::read_intent(machine.tree.root);
    REQUIRE_MESSAGE(read, read.error().what);
    CHECK(*read == entries);
}

TEST_CASE("policy asks for nothing unless it names kinds, and an intent asks by itself") { // S1-25
    Machine machine;
    const flow::Machine phase{machine.tree.root, machine.effects};
    const Content before = content(machine.tree);
    REQUIRE(flow::note_foreign(phase, {}));
    CHECK_FALSE(machine.tree.root.exists(names::next_foreign));
    const auto served = flow::serve_foreign_policy(phase);
    REQUIRE(served);
    CHECK_FALSE(*served);
    CHECK(content(machine.tree) == before);
    model::Policy policy;
    policy.foreign_remove = {ForeignKind::AksGpu};
    REQUIRE(flow::note_foreign(phase, policy));
    CHECK(machine.tree.root.exists(names::next_foreign));
    machine.tree.write(std::string(names::local_policy),
                       "schema = 1\n[foreign]\nremove = [\"aks-gpu\"]\n");
    const auto again = flow::serve_foreign_policy(phase);
    REQUIRE(again);
    REQUIRE(*again);
    CHECK((*again)->cleaned);
    CHECK_FALSE(machine.tree.root.exists(names::next_foreign));
    machine.tree.write(std::string(names::foreign_intent), "x");
    REQUIRE(flow::note_foreign(phase, {}));
    CHECK(machine.tree.root.exists(names::next_foreign));
}
TEST_CASE("what was taken away is one line, before and after") { // S2-14
    CHECK(report::line_of(false, {{"bakes", "3", "1"}, {"cdi", "present", "absent"}}) ==
          "event=teardown status=incomplete bakes_before=3 cdi_before=present bakes_after=1 "
          "cdi_after=absent");
    CHECK(report::line_of(true, {{"bakes", "1", "0"}}) ==
          "event=teardown status=cleaned bakes_before=1 bakes_after=0");
}
