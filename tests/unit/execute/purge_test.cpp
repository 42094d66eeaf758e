// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/purge.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "base/names.hpp"
#include "base/sealed.hpp"
#include "execute/recovery.hpp"
#include "execute/system_effects.hpp"
#include "fakes/failing_effects.hpp"
#include "fakes/recording_effects.hpp"
#include "fakes/temporary_root.hpp"

using namespace gpuboot;
using namespace gpuboot::execute;

namespace {

const std::string store(names::store);
const std::string id = "1.0.0-open-6.1.0-1-0123456789ab";
constexpr const char* no_process = "4194305"; // above any pid_max

struct Fixture {
    fakes::TemporaryRoot tree;
    SystemEffects real{tree.root};

    Fixture() {
        tree.write(store + "/" + id + "/marker.toml", "x");
        tree.write(store + "/" + id + "/modules/nvidia.ko", "x");
        tree.write(store + "/" + id + "/bin/helper", "x");
        ::chmod(tree.outside(store + "/" + id + "/bin/helper").c_str(), 04755);
    }
    std::vector<std::string> entries(const std::string& folder = store) const {
        return tree.root.list(folder).value_or(std::vector<std::string>{});
    }
};

} // namespace

// F-10
TEST_CASE_FIXTURE(Fixture, "the name goes first and durably, then what gives rights") {
    fakes::RecordingEffects effects(real);
    REQUIRE(purge_bake(tree.root, effects, id));
    const std::string hidden = store + "/.del-" + id + "-0";
    CHECK(effects.calls == std::vector<std::string>{
                               "rename_to_new " + store + "/" + id + " " + hidden,
                               "sync_directory " + store,
                               "remove " + hidden + "/bin/helper",
                               "remove_tree " + hidden + "/modules",
                               "remove_tree " + hidden,
                               "sync_directory " + store,
                           });
    CHECK(entries().empty());
}

// F-10 F-13 F-23: whatever fails, the bake is whole or gone, and recovery ends it.
TEST_CASE("a purge that fails anywhere leaves a whole bake or garbage") {
    for (const auto failing : {fakes::Failing::Once, fakes::Failing::FromThen})
        for (std::size_t at = 1; at <= 6; ++at) {
            CAPTURE(at);
            Fixture fixture;
            fakes::FailingEffects effects(fixture.real, at, EIO, failing);
            CHECK(!purge_bake(fixture.tree.root, effects, id));
            // A sync that failed is no proof: nothing may be deleted behind it.
            if (at == 2)
                CHECK(fixture.tree.root.exists(store + "/.del-" + id + "-0/modules/nvidia.ko"));
            if (fixture.tree.root.exists(store + "/" + id))
                CHECK(fixture.tree.read(store + "/" + id + "/modules/nvidia.ko") == "x");
            (void)recover(fixture.tree.root, fixture.real);
            for (const std::string& name : fixture.entries())
                CHECK(name == id);
        }
}

TEST_CASE_FIXTURE(Fixture, "recovery hides what is unfinished before it deletes it") { // 5.5
    tree.write(store + "/.new-" + id + "/modules/a.ko", "half");
    fakes::RecordingEffects effects(real);
    CHECK(recover(tree.root, effects) == 1);
    REQUIRE(effects.calls.size() >= 2);
    CHECK(effects.calls[0].starts_with("rename_to_new " + store + "/.new-" + id));
    CHECK(effects.calls[1] == "sync_directory " + store);
    CHECK(entries() == std::vector<std::string>{id});
}

// F-12
TEST_CASE_FIXTURE(Fixture, "records that do not prove themselves go; others, and strangers, stay") {
    const std::string records(names::records_directory);
    tree.write(records + "/trial", "torn");
    tree.write(records + "/last-good-6.1.0-1", seal("{}"));
    tree.write(records + "/bad/" + id, seal("{}").substr(1));
    tree.write(records + "/failed/" + id, seal("{}"));
    tree.write(records + "/failed/" + id + ".log", "what it printed");
    tree.write(records + "/notes", "a stranger's");
    tree.write(records + "/.trial." + no_process, "half");
    tree.write("/run/gpuboot/.active." + std::string(no_process), "half");
    tree.write("/run/gpuboot/.active.1", "of a process that lives");
    CHECK(recover(tree.root, real) == 4);
    CHECK(entries(records) ==
          std::vector<std::string>{"bad", "failed", "last-good-6.1.0-1", "notes"});
    CHECK(entries(records + "/bad").empty());
    CHECK(entries(records + "/failed") == std::vector<std::string>{id, id + ".log"});
    CHECK(entries("/run/gpuboot") == std::vector<std::string>{".active.1"});
}

TEST_CASE_FIXTURE(Fixture, "a read-only store is left as it is, in silence") { // F-25
    tree.write(store + "/.new-x/modules/a.ko", "half");
    fakes::FailingEffects readonly(real, 1, EROFS, fakes::Failing::FromThen);
    CHECK(recover(tree.root, readonly) == 0);
    CHECK(entries() == std::vector<std::string>{".new-x", id});
}
