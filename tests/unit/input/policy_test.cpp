// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/policy.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "base/names.hpp"
#include "fakes/temporary_root.hpp"

using namespace gpuboot;
using fakes::TemporaryRoot;
using model::Policy;

namespace {

const std::string local(names::local_policy), shipped(names::shipped_policy);

input::PolicyReading reading_of(const std::string& text) {
    const TemporaryRoot tree;
    tree.write(local, text);
    return input::read_policy(tree.root);
}

/// With a flaw the defaults hold, whole: a typo never stops a boot.
std::string flaw_of(const std::string& text) {
    const auto reading = reading_of(text);
    CHECK((reading.policy == Policy{}));
    return reading.flaw.empty() ? "none" : reading.flaw;
}

} // namespace

TEST_CASE("without a file the defaults hold") {
    const TemporaryRoot tree;
    const auto reading = input::read_policy(tree.root);
    CHECK((reading.policy == Policy{}));
    CHECK(reading.flaw == "");
}

TEST_CASE("every field can be set") {
    const auto reading = reading_of(R"(schema = 1
[ready]
test = "nvml"
timeout_seconds = 60
[driver]
modules = ["nvidia"]
replace_loaded = "never"
[userspace]
rule = "required"
[units]
critical = ["nvidia-fabricmanager.service"]
deferred = ["dcgm@gpu\\x2d0.service"]
fabric_timeout_seconds = 200
[bake]
compress = "xz"
[kernels]
guard = true
[rebuild]
timeout_seconds = 900
allow = false
)");
    CHECK(reading.flaw == "");
    Policy wanted;
    wanted.bake_compression = Compression::Xz;
    wanted.ready_test = model::ReadyTest::Nvml;
    wanted.ready_timeout_seconds = 60;
    wanted.modules = {"nvidia"};
    wanted.replace_loaded = model::ReplaceLoaded::Never;
    wanted.userspace = model::UserspaceRule::Required;
    wanted.critical_units = {"nvidia-fabricmanager.service"};
    wanted.deferred_units = {"dcgm@gpu\\x2d0.service"};
    wanted.fabric_timeout_seconds = 200;
    wanted.guard_kernels = true;
    wanted.rebuild_allowed = false;
    wanted.rebuild_timeout_seconds = 900;
    CHECK((reading.policy == wanted));
}

TEST_CASE("the operator's keys go over the vendor's, one by one") {
    const TemporaryRoot tree;
    tree.write(shipped, "schema = 1\n[ready]\ntest = \"bound\"\ntimeout_seconds = 20\n"
                        "[units]\ncritical = [\"vendor.service\"]\n");
    tree.write(local, "schema = 1\n[ready]\ntest = \"open\"\n[units]\ncritical = []\n");
    const auto reading = input::read_policy(tree.root);
    CHECK(reading.flaw == "");
    CHECK((reading.policy.ready_test == model::ReadyTest::Open));
    CHECK(reading.policy.ready_timeout_seconds == 20);
    CHECK(reading.policy.critical_units.empty());
}

TEST_CASE("a flaw names file, line and field, and leaves the defaults") { // F-49 F-50 F-52 F-54
    CHECK(flaw_of("") == local + ":1: the file is empty");
    CHECK(flaw_of("[ready]\n") ==
          local + ":1: schema: wanted a whole number from 1 to 1, found nothing");
    CHECK(flaw_of("schema = 1\n[redy]\n") == local + ":2: redy: unknown key");
    CHECK(flaw_of("schema = 1\n[ready]\ntets = \"open\"\n") ==
          local + ":3: ready.tets: unknown key");
    CHECK(flaw_of("schema = 1\n[ready]\ntest = \"opne\"\n")
              .starts_with(local + ":3: ready.test: wanted \"bound\" | "));
    CHECK(flaw_of("schema = 1\n[ready]\ntimeout_seconds = 0\n").contains(":3: ready.timeout_sec"));
    CHECK(flaw_of("schema = 1\n[ready]\ntimeout_seconds = 601\n").contains(":3: ready.timeout_"));
    CHECK(flaw_of("schema = 1\n[rebuild]\nallow = \"no\"\n")
              .contains(":3: rebuild.allow: wanted true or false"));
    CHECK(flaw_of("schema = 1\n[driver]\nmodules = [\"../x\"]\n").contains(":3: driver.modules"));
    CHECK(flaw_of("schema = 1\n[driver]\nreplace_loaded = \"always\"\n")
              .contains(":3: driver.replace_loaded: wanted \"never\""));
    CHECK(flaw_of("schema = 1\n[driver]\nmodules = \"nvidia\"\n").contains(":3: driver.modules"));
    CHECK(flaw_of("schema = 1\nready = 1\n").contains(":2: ready: wanted a table"));
    for (const char* unit : {"no-dot", "-x.service", "a b.service", "a/b.service", "a\\n.service"})
        CHECK(flaw_of("schema = 1\n[units]\ncritical = [\"" + std::string(unit) + "\"]\n")
                  .contains(":3: units.critical: wanted names of units"));
}

TEST_CASE("foreign copies go by kinds, and an initramfs is none of them") { // S1-25 S2-28
    const TemporaryRoot tree;
    tree.write(local, "schema = 1\n[foreign]\nremove = [\"modules\", \"aks-gpu\"]\n");
    const auto reading = input::read_policy(tree.root);
    CHECK(reading.flaw == "");
    CHECK((reading.policy.foreign_remove ==
           std::vector{model::ForeignKind::Modules, model::ForeignKind::AksGpu}));
    CHECK(Policy{}.foreign_remove.empty());
    CHECK(flaw_of("schema = 1\n[foreign]\nremove = [\"all\"]\n") ==
          local + ":3: foreign.remove: wanted modules, dkms, marker, libraries or aks-gpu, "
                  "found \"all\"");
    CHECK(flaw_of("schema = 1\n[foreign]\nremove = [\"initramfs\"]\n")
              .contains("told but never edited: a damaged initramfs boots no machine"));
    CHECK(flaw_of("schema = 1\n[foreign]\nremove = \"modules\"\n").contains(":3: foreign.remove"));
}

TEST_CASE("drop-ins go over both, in the order of their names") {
    const TemporaryRoot tree;
    const std::string folder(names::local_policy_drop_ins);
    tree.write(local, "schema = 1\n[store]\nkeep = 1\n");
    tree.write(folder + "/20.toml", "schema = 1\n[store]\nkeep = 3\n");
    tree.write(folder + "/10.toml", "schema = 1\n[store]\nkeep = 2\nmax_bytes = 5\n");
    tree.write(folder + "/30.toml.dpkg-new", "garbage");
    tree.write(folder + "/.40.toml", "garbage");
    const auto reading = input::read_policy(tree.root);
    CHECK(reading.flaw == "");
    CHECK(reading.policy.store.keep == 3);
    CHECK(reading.policy.store.max_bytes == 5);
    tree.write(folder + "/99.toml", "schema = 1\n[store]\nkeep = -1\n");
    CHECK(input::read_policy(tree.root).flaw.starts_with(folder + "/99.toml:3: store.keep"));
}

TEST_CASE("a folder of drop-ins that is none is a flaw") { // F-49
    const TemporaryRoot tree;
    tree.write(std::string(names::local_policy_drop_ins), "");
    CHECK(input::read_policy(tree.root).flaw != "");
}

TEST_CASE("a good vendor file does not hide a flaw in the operator's") {
    const TemporaryRoot tree;
    tree.write(shipped, "schema = 1\n[ready]\ntest = \"bound\"\n");
    tree.write(local, "schema = 1\nx = 1\n");
    const auto reading = input::read_policy(tree.root);
    CHECK((reading.policy == Policy{}));
    CHECK(reading.flaw == local + ":2: x: unknown key");
}

TEST_CASE("what is no file is a flaw") { // F-49
    const TemporaryRoot tree;
    tree.write("/etc/gpuboot/other", "");
    REQUIRE(::mkfifo(tree.outside(local).c_str(), 0644) == 0);
    CHECK(input::read_policy(tree.root).flaw == local + ": wanted a regular file, found a FIFO");
}

TEST_CASE("the policies that ship are without flaw and say what the defaults say") {
    const TemporaryRoot tree;
    const auto project = Root::open(GPUBOOT_SOURCE_ROOT);
    REQUIRE(project);
    tree.write(local, *project->read_text("/packaging/gpuboot.toml", 1 << 20));
    const auto reading = input::read_policy(tree.root);
    CHECK(reading.flaw == "");
    CHECK((reading.policy == Policy{}));
}
