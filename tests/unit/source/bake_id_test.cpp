// SPDX-License-Identifier: LGPL-2.1-or-later
#include "source/bake_id.hpp"

#include <doctest/doctest.h>

#include <set>

#include "base/digest.hpp"

using namespace gpuboot;
using namespace gpuboot::source;

namespace {

model::Marker inputs() {
    model::Marker marker;
    marker.driver_version = "535.261.03";
    marker.kernel = "6.1.0-50-cloud-amd64";
    marker.arch = "x86_64";
    marker.source = "dkms:nvidia-current-open";
    marker.source_sha256 = std::string(64, 'a');
    marker.kernel_config_sha256 = std::string(64, 'b');
    marker.compiler = "gcc-12 (Debian 12.2.0-14) 12.2.0";
    return marker;
}

} // namespace

TEST_CASE("the id is the digest of the documented lines") {
    const std::string lines =
        "gpuboot bake 1\ndriver 535.261.03\nkind open\n"
        "source dkms:nvidia-current-open\nsource_sha256 " +
        std::string(64, 'a') + "\nkernel 6.1.0-50-cloud-amd64\narch x86_64\nkernel_config_sha256 " +
        std::string(64, 'b') + "\ncompiler gcc-12 (Debian 12.2.0-14) 12.2.0\npatches none\n";
    CHECK(bake_id(inputs()) ==
          "535.261.03-open-6.1.0-50-cloud-amd64-" + sha256_hex(bytes_of(lines)).substr(0, 12));
}

// S4-24
TEST_CASE("every input changes the id, and nothing else does") {
    std::set<std::string> ids{bake_id(inputs())};
    for (std::string model::Marker::* field :
         {&model::Marker::driver_version, &model::Marker::kernel, &model::Marker::arch,
          &model::Marker::source, &model::Marker::source_sha256,
          &model::Marker::kernel_config_sha256, &model::Marker::compiler}) {
        auto changed = inputs();
        changed.*field += "1";
        CHECK(ids.insert(bake_id(changed)).second);
    }
    for (const char digit : {'c', 'd'}) {
        auto bundling = inputs();
        bundling.userspace_sha256 = std::string(64, digit);
        CHECK(ids.insert(bake_id(bundling)).second);
    }
    auto changed = inputs();
    changed.kind = model::Kind::Grid;
    CHECK(ids.insert(bake_id(changed)).second);

    for (const std::vector<std::string>& asked :
         {std::vector<std::string>{"nvidia"}, {"nvidia", "nvidia-uvm"}}) {
        changed = inputs();
        changed.asked = asked;
        CHECK(ids.insert(bake_id(changed)).second);
    }

    changed = inputs();
    changed.made_by = "gpuboot 99";
    changed.modules.emplace_back();
    CHECK(bake_id(changed) == bake_id(inputs()));
}
