// SPDX-License-Identifier: LGPL-2.1-or-later
#include "source/dkms_tree.hpp"

#include <doctest/doctest.h>

#include "fakes/temporary_root.hpp"

using namespace gpuboot;
using namespace gpuboot::source;

namespace {

model::Pin pin_of(std::string name, std::string sha256) {
    return {"1.0.0", model::Kind::Open, {"dkms", std::move(name), std::move(sha256)}, {}};
}

void write_tree(const fakes::TemporaryRoot& tree, const std::string& name) {
    tree.write("/usr/src/" + name + "-1.0.0/dkms.conf",
               "PACKAGE_NAME=" + name +
                   "\nPACKAGE_VERSION=1.0.0\nMAKE=make\nBUILT_MODULE_NAME=m\n");
    tree.write("/usr/src/" + name + "-1.0.0/m.c", "int m;\n");
}

std::string digest_of(const fakes::TemporaryRoot& tree, const std::string& path) {
    return *digest_tree(tree.root, *list_tree(tree.root, path));
}

std::string flaw(const fakes::TemporaryRoot& tree, const model::Pin& pin) {
    const auto recipe = read_dkms_tree(tree.root, pin);
    return recipe ? "" : recipe.error().what;
}

} // namespace

TEST_CASE("a pin leads to its recipe") {
    const fakes::TemporaryRoot tree;
    write_tree(tree, "drv");
    const auto recipe =
        read_dkms_tree(tree.root, pin_of("drv", digest_of(tree, "/usr/src/drv-1.0.0")));
    REQUIRE(recipe);
    CHECK(recipe->name == "drv");
    CHECK(recipe->make == "make");
    CHECK(recipe->modules == std::vector<BuiltModule>{{"m", ""}});
    CHECK(recipe->tree.files.size() == 2);
}

TEST_CASE("a missing tree names the package, and what is there instead") {
    const fakes::TemporaryRoot tree;
    CHECK(flaw(tree, pin_of("nvidia-current-open", "")) ==
          "/usr/src/nvidia-current-open-1.0.0 is missing: install package "
          "nvidia-open-kernel-dkms 1.0.0");
    tree.write("/usr/src/nvidia-current-open-0.9.0/dkms.conf", "");
    CHECK(flaw(tree, pin_of("nvidia-current-open", ""))
              .ends_with("(found only: nvidia-current-open-0.9.0)"));
}

TEST_CASE("source that is not the pinned one names both digests and the command") {
    const fakes::TemporaryRoot tree;
    write_tree(tree, "drv");
    const std::string found = digest_of(tree, "/usr/src/drv-1.0.0");
    const std::string wanted(64, '0');
    const std::string what = flaw(tree, pin_of("drv", wanted));
    CHECK(what.contains("wanted sha256 " + wanted + ", found " + found));
    CHECK(what.contains("(cd /usr/src/drv-1.0.0 && find . -type f"));
}

TEST_CASE("a tree that says it is another package is refused") {
    const fakes::TemporaryRoot tree;
    write_tree(tree, "drv");
    tree.write("/usr/src/drv-1.0.0/dkms.conf",
               "PACKAGE_NAME=drv\nPACKAGE_VERSION=2.0.0\nMAKE=make\nBUILT_MODULE_NAME=m\n");
    CHECK(flaw(tree, pin_of("drv", "")).contains("wanted drv 1.0.0, found drv 2.0.0"));
}

TEST_CASE("a tree without dkms.conf, or of another type, is refused") {
    const fakes::TemporaryRoot tree;
    tree.write("/usr/src/drv-1.0.0/m.c", "");
    CHECK(flaw(tree, pin_of("drv", "")).contains("/usr/src/drv-1.0.0/dkms.conf"));
    auto pin = pin_of("drv", "");
    pin.source.type = "run";
    CHECK(flaw(tree, pin).contains("wanted \"dkms\""));
}

TEST_CASE("of the modules that the source builds, the pin's alone are built") {
    const fakes::TemporaryRoot tree;
    tree.write(
        "/usr/src/drv-1.0.0/dkms.conf",
        "PACKAGE_NAME=drv\nPACKAGE_VERSION=1.0.0\nMAKE=make\nBUILT_MODULE_NAME[0]=m\n"
        "BUILT_MODULE_NAME[1]=m-uvm\nBUILT_MODULE_LOCATION[1]=uvm\nBUILT_MODULE_NAME[2]=m-drm\n");
    auto pin = pin_of("drv", digest_of(tree, "/usr/src/drv-1.0.0"));
    pin.modules_at = "/etc/gpuboot/versions.toml:5: driver.modules";
    pin.modules = {"m", "m-uvm"};
    const auto recipe = read_dkms_tree(tree.root, pin);
    REQUIRE(recipe);
    CHECK(recipe->modules == std::vector<BuiltModule>{{"m", ""}, {"m-uvm", "uvm"}});
    CHECK(recipe->left_out == std::vector<std::string>{"m-drm"});
    pin.modules = {"m", "m-drm", "m-uvm"};
    CHECK(read_dkms_tree(tree.root, pin)->left_out.empty());
    pin.modules = {"m", "m-vgpu"};
    CHECK(flaw(tree, pin) ==
          "/etc/gpuboot/versions.toml:5: driver.modules: wanted modules that drv "
          "1.0.0 builds (m, m-uvm, m-drm), found \"m-vgpu\"");
}
