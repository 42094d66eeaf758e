// SPDX-License-Identifier: LGPL-2.1-or-later
// A whole check on a tree with real files, and a kernel that is pretended.
#include <doctest/doctest.h>

#include <cerrno>
#include <map>

#include "base/digest.hpp"
#include "base/names.hpp"
#include "execute/record_text.hpp"
#include "execute/system_effects.hpp"
#include "fakes/module_image.hpp"
#include "fakes/recording_effects.hpp"
#include "fakes/temporary_root.hpp"
#include "flow/check.hpp"
#include "flow/marks.hpp"
#include "input/host.hpp"
#include "input/records.hpp"

using namespace gpuboot;
using fakes::TemporaryRoot;

namespace {

const model::Host host = input::read_host();
const std::string older = "1.0-open-" + host.kernel + "-00000000000a";
const std::string newer = "1.0-open-" + host.kernel + "-00000000000b";
const std::string digest(64, 'a');

/// Files are real; of modules only their names go on record, and some are refused.
class Machine : public fakes::RecordingEffects {
  public:
    explicit Machine(execute::Effects& real) : RecordingEffects(real) {}

    int refusal = 0; ///< errno for the first load
    bool read_only = false;

    Result<void> load_module(std::string_view name, ByteView) override {
        calls.push_back("load_module " + std::string(name));
        if (const int error = std::exchange(refusal, 0)) return fail_errno("init_module", error);
        return {};
    }
    Result<void> unload_module(std::string_view) override { return {}; }
    Result<void> replace_record(std::string_view path, std::string_view text) override {
        if (read_only) return fail_errno(std::string(path), EROFS);
        return RecordingEffects::replace_record(path, text);
    }

    /// Calls that change what outlives the boot, or force something to disk.
    std::vector<std::string> persistent() const {
        std::vector<std::string> found;
        for (const std::string& call : calls) {
            const auto path = call.find(' ') + 1;
            if (!call.substr(path).starts_with("/run/") && !call.starts_with("load_module"))
                found.push_back(call);
        }
        return found;
    }
    std::size_t activations(const std::string& bake) const {
        return count("replace_link /run/gpuboot/active /var/lib/gpuboot/bakes/" + bake);
    }
    std::size_t at(std::string_view beginning) const {
        std::size_t i = 0;
        while (i < calls.size() && !calls[i].starts_with(beginning))
            ++i;
        return i;
    }
};

void add_bake(const TemporaryRoot& tree, const std::string& id) {
    const std::string folder = std::string(names::store) + "/" + id;
    const std::string image = fakes::module_image("nvidia", host.kernel);
    tree.write(folder + "/modules/nvidia.ko", image);
    tree.write(folder + "/marker.toml",
               "format = 1\nid = \"" + id + "\"\ndriver_version = \"1.0\"\nkind = \"open\"\n" +
                   "kernel = \"" + host.kernel + "\"\narch = \"" + host.arch +
                   "\"\nsource = \"dkms:x\"\nsource_sha256 = \"" + digest +
                   "\"\nkernel_config_sha256 = \"" + digest +
                   "\"\ncompiler = \"gcc 12\"\nmade_by = \"a test\"\n\n[[module]]\n" +
                   "name = \"nvidia\"\npath = \"modules/nvidia.ko\"\nsize = " +
                   std::to_string(image.size()) + "\nsha256 = \"" + sha256_hex(bytes_of(image)) +
                   "\"\nvermagic = \"" + host.kernel +
                   " SMP mod_unload \"\nsrcversion = \"0123456789ABCDEF0123456\"\n");
}

class Boot {
  public:
    Boot() {
        tree.write("/etc/gpuboot/versions.toml",
                   "schema = 1\n[driver]\nversion = \"1.0\"\nkind = \"open\"\n[driver.source]\n"
                   "type = \"dkms\"\nname = \"x\"\nsha256 = \"" +
                       digest + "\"\n");
        tree.write("/etc/gpuboot/gpuboot.toml",
                   "schema = 1\n[driver]\nmodules = [\"nvidia\"]\n[rebuild]\nallow = false\n");
        tree.write("/proc/sys/kernel/random/boot_id", "boot-1\n");
        tree.write("/run/empty", "");
        tree.write("/lib/firmware/nvidia/1.0/gsp_tu10x.bin", "");
        add_bake(tree, newer);
    }

    model::Report check() {
        machine.calls.clear();
        auto report = flow::check({tree.root, machine}, "check");
        REQUIRE_MESSAGE(report, (report ? "" : report.error().what));
        return std::move(*report);
    }
    void next(const std::string& boot_id) { // what lies in /run is gone
        std::filesystem::remove_all(tree.outside("/run/gpuboot"));
        tree.write("/proc/sys/kernel/random/boot_id", boot_id + "\n");
    }
    model::Records records() const { return input::read_records(tree.root); }
    void record(const model::Record& record) const {
        tree.write(model::path_of_record(file_of(record)), execute::text_of(record));
    }

    TemporaryRoot tree;

  private:
    execute::SystemEffects real_{tree.root};

  public:
    Machine machine{real_};
};

std::string kind(const model::Report& report) { return std::string(to_text(report.after.kind)); }

} // namespace

TEST_CASE(
    "the fast path of a known-good bake writes nothing that lasts, and forces nothing") { // F-85
    Boot boot;
    boot.record(model::GoodBake{host.kernel, newer});
    const model::Report report = boot.check();
    CHECK(report.after.bake == newer);
    CHECK(boot.machine.count("load_module nvidia") > 0);
    CHECK(boot.machine.persistent() == std::vector<std::string>{});
}

TEST_CASE("a new bake's first load is on disk before the kernel sees it, once") { // F-85
    Boot boot;
    boot.check();
    CHECK(boot.machine.at("replace_record /var/lib/gpuboot/records/trial") <
          boot.machine.at("load_module"));
    CHECK(boot.machine.count("replace_record") == 1);
    CHECK(boot.records().trial == model::Trial{newer, "boot-1", 1});
    boot.check(); // again in the same boot: it is noted
    CHECK(boot.machine.count("replace_record") == 0);
}

TEST_CASE("a bake over which the machine died twice is not loaded a third time") { // F-85
    Boot boot;
    add_bake(boot.tree, older);
    for (const char* boot_id : {"boot-1", "boot-2"}) {
        boot.next(boot_id);
        boot.check(); // and here it dies
        CHECK(boot.records().trial->bake == newer);
    }
    CHECK(boot.records().trial->tries == 2);
    boot.next("boot-3");
    const model::Report report = boot.check();
    CHECK(report.after.bake == older);
    CHECK(boot.machine.activations(older) > 0);
    CHECK(boot.machine.activations(newer) == 0);
    REQUIRE(boot.records().bad.size() == 1);
    CHECK(boot.records().bad.front().bake == newer);
    CHECK(boot.records().trial == model::Trial{older, "boot-3", 1});
    REQUIRE_FALSE(report.after.reasons.empty());
    CHECK(to_text(report.after.reasons.front()).contains("went down 2 times"));
}

TEST_CASE("a refused bake is marked, the other one loaded, and no trial is left of it") { // F-46
    Boot boot;
    add_bake(boot.tree, older);
    boot.record(model::GoodBake{host.kernel, older});
    boot.machine.refusal = ENOEXEC;
    const model::Report report = boot.check();
    CHECK(report.after.bake == older);
    CHECK(boot.machine.activations(newer) == 1);
    CHECK(boot.machine.activations(older) > 0);
    REQUIRE(boot.records().bad.size() == 1);
    CHECK(boot.records().bad.front().why.contains("ENOEXEC (Exec format error)"));
    CHECK_FALSE(boot.records().trial);
    boot.next("boot-2");
    CHECK(boot.check().after.bake == older);
    CHECK(boot.machine.activations(newer) == 0);
    CHECK(boot.machine.count("replace_record") == 0);
}

TEST_CASE("a GPU that this driver does not know marks nothing") { // F-46
    Boot boot;
    boot.machine.refusal = ENODEV;
    CHECK(kind(boot.check()) == "blocked");
    CHECK(boot.records().bad.empty());
    CHECK_FALSE(boot.records().trial);
}

TEST_CASE("a store that takes no record costs no boot, and no second try in it") { // F-25
    Boot boot;
    boot.machine.read_only = true;
    SUBCASE("the load goes on without a trial") {
        CHECK(boot.check().after.bake == newer);
        CHECK(boot.machine.count("load_module nvidia") > 0);
    }
    SUBCASE("a refused bake stays refused for this boot") {
        add_bake(boot.tree, older);
        boot.machine.refusal = EINVAL;
        CHECK(boot.check().after.bake == older);
        CHECK(boot.records().bad.size() == 1); // in /run
        boot.next("boot-2");
        CHECK(boot.records().bad.empty());
    }
}

TEST_CASE("a broken record is deleted by the next check, a newer one is not") { // F-12 F-146
    Boot boot;
    boot.record(model::GoodBake{host.kernel, newer});
    boot.tree.write(model::path_of_record("trial"), "half a rec");
    boot.tree.write(model::path_of_record("bad/" + older), "");
    boot.check();
    CHECK(boot.machine.count("remove /var/lib/gpuboot/records/") == 2);
    CHECK_FALSE(boot.tree.root.exists(model::path_of_record("trial")));
    CHECK(boot.tree.root.exists(model::path_of_record("last-good-" + host.kernel)));
}

TEST_CASE("a bake that is made anew starts without the marks of its predecessor") { // F-46
    Boot boot;
    boot.record(model::BadBake{newer, host.kernel, "", "it broke", ""});
    boot.record(model::Trial{newer, "boot-0", 1});
    boot.record(model::GoodBake{host.kernel, newer});
    const auto refused = flow::require_unmarked(boot.tree.root, newer);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().what.contains("it broke"));
    CHECK(flow::require_unmarked(boot.tree.root, older));
    REQUIRE(flow::lift_marks(boot.tree.root, boot.machine, newer));
    const model::Records records = boot.records();
    CHECK(records.bad.empty());
    CHECK(records.good.empty());
    CHECK_FALSE(records.trial);
    CHECK(flow::require_unmarked(boot.tree.root, newer));
}
