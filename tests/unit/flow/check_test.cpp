// SPDX-License-Identifier: LGPL-2.1-or-later
// The check with a kernel that is played: what it does about refused loads.
#include "flow/check.hpp"

#include <doctest/doctest.h>

#include <cerrno>

#include "base/digest.hpp"
#include "base/names.hpp"
#include "execute/marker_text.hpp"
#include "fakes/kernel_headers.hpp"
#include "fakes/module_image.hpp"
#include "fakes/recording_effects.hpp"
#include "fakes/temporary_root.hpp"
#include "input/host.hpp"

using namespace gpuboot;

namespace {

/// Refuses the first loads with these errnos; 0: it takes the module.
class Kernel : public fakes::RecordingEffects {
  public:
    explicit Kernel(std::vector<int> answers) : answers_(std::move(answers)) {}

    Result<void> load_module(std::string_view name, ByteView image) override {
        (void)fakes::RecordingEffects::load_module(name, image);
        const std::size_t turn = count("load_module") - 1;
        const int error = turn < answers_.size() ? answers_[turn] : 0;
        return error == 0 ? Result<void>() : fail_errno("init_module", error);
    }

  private:
    std::vector<int> answers_;
};

struct Machine {
    fakes::TemporaryRoot tree;

    Machine() {
        const model::Host host = input::read_host();
        fakes::install_headers(tree, host.kernel, "gcc-12 (Debian 12.2.0-14) 12.2.0");
        fakes::install_programs(tree);
        const std::string image = fakes::module_image("nvidia", host.kernel);
        tree.write("/etc/gpuboot/versions.toml",
                   "schema = 1\n[driver]\nversion = \"1.0.0\"\nkind = \"open\"\n[driver.source]\n"
                   "type = \"dkms\"\nname = \"drv\"\nsha256 = \"" +
                       std::string(64, 'a') + "\"\n");
        tree.write("/lib/firmware/nvidia/1.0.0/gsp_tu10x.bin", "");
        tree.write("/etc/gpuboot/gpuboot.toml", "schema = 1\n[driver]\nmodules = [\"nvidia\"]\n");
        for (const char* digits : {"111111111111", "222222222222"}) {
            model::Marker marker;
            marker.id = "1.0.0-open-" + host.kernel + "-" + digits;
            marker.driver_version = "1.0.0";
            marker.kernel = host.kernel;
            marker.arch = host.arch;
            marker.source = "dkms:drv";
            marker.source_sha256 = std::string(64, 'a');
            marker.kernel_config_sha256 = std::string(64, 'b');
            marker.compiler = marker.made_by = "a test";
            marker.modules = {{"nvidia",
                               "modules/nvidia.ko",
                               image.size(),
                               sha256_hex(bytes_of(image)),
                               host.kernel + " SMP mod_unload ",
                               "0123456789ABCDEF0123456",
                               {}}};
            const std::string folder = std::string(names::store) + "/" + marker.id;
            tree.write(folder + "/modules/nvidia.ko", image);
            tree.write(folder + "/marker.toml", execute::marker_text(marker));
        }
    }

    model::Report check(Kernel& kernel) const {
        auto report = flow::check({tree.root, kernel}, "check");
        REQUIRE_MESSAGE(report, report.error().what);
        return *report;
    }
};

} // namespace

TEST_CASE("want of memory and I/O errors: one more try, then the next bake") { // F-46
    const Machine machine;
    for (const int error : {ENOMEM, EFAULT, EIO}) {
        Kernel kernel({error, error, error, error});
        const auto report = machine.check(kernel);
        CHECK(kernel.count("load_module") == 4); // two bakes, twice each
        CHECK(kernel.count("replace_file /run/gpuboot/tried/load-") == 2);
        CHECK(to_text(report.after.kind) == "blocked");
        REQUIRE(report.after.reasons.size() == 2);
        CHECK(name_of(report.after.reasons.front()) == "load_failed");
    }
}

TEST_CASE("a second try that works leaves no record") { // F-46
    const Machine machine;
    Kernel kernel({ENOMEM});
    (void)machine.check(kernel);
    CHECK(kernel.count("replace_file /run/gpuboot/tried/") == 0);
    CHECK(kernel.count("remove /run/gpuboot/active") > 0); // the first was taken back
}

TEST_CASE("any other refusal is final for its bake") { // F-46
    const Machine machine;
    for (const int error : {ENOEXEC, EINVAL, ENOENT, EKEYREJECTED, EBADMSG, EPERM, ENODEV, 517}) {
        Kernel kernel({error, error, error, error});
        const auto report = machine.check(kernel);
        CHECK(kernel.count("load_module") == 2);
        const bool cure = error == ENOEXEC || error == EINVAL || error == ENOENT || error == 517;
        CHECK(to_text(report.after.kind) == (cure ? "rebuild" : "blocked"));
    }
}

TEST_CASE("modules that another loader holds are looked at again, bounded") { // F-83
    const Machine machine;
    Kernel kernel({}); // every load is taken, as EEXIST and EBUSY are, and nothing is ever live
    const auto report = machine.check(kernel);
    CHECK(kernel.count("load_module") == 3);
    CHECK(kernel.count("replace_file /run/gpuboot/tried/") == 0);
    CHECK(to_text(report.after.kind) == "blocked");
    CHECK(name_of(report.after.reasons.back()) == "step_failed");
}
