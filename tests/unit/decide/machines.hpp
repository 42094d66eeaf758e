// SPDX-License-Identifier: LGPL-2.1-or-later
// A machine on which everything fits, to be spoiled by a test.
#pragma once

#include <string>

#include "model/facts.hpp"

namespace gpuboot::tests {

inline model::MarkerModule module(const std::string& name, const std::string& file,
                                  const std::string& kernel) {
    return {name,
            "modules/" + file + ".ko",
            7,
            std::string(64, name.back()),
            kernel + " SMP mod_unload",
            "",
            name == "nvidia" ? std::vector<std::string>{} : std::vector<std::string>{"nvidia"}};
}

inline model::Facts fitting_machine() {
    using namespace model;
    Facts facts;
    facts.host = {"6.1.0-50-cloud-amd64", "x86_64"};
    facts.pin_path = "/etc/gpuboot/versions.toml";
    Pin pin;
    pin.version = "535.261.03";
    pin.source = {"dkms", "nvidia-current-open", std::string(64, 'a')};
    facts.gpus = {{"0000:01:00.0", "10de:20b0", ""}};
    BakeFact bake;
    bake.id = "535.261.03-open-6.1.0-50-cloud-amd64-1f2e3d4c5b6a";
    Marker marker;
    marker.id = bake.id;
    marker.driver_version = pin.version;
    marker.kernel = facts.host.kernel;
    marker.arch = facts.host.arch;
    marker.source = "dkms:nvidia-current-open";
    marker.source_sha256 = pin.source.sha256;
    marker.kernel_config_sha256 = std::string(64, 'b');
    marker.compiler = "gcc 12";
    marker.made_by = "gpuboot 0.1.0";
    marker.modules = {module("nvidia", "nvidia", marker.kernel),
                      module("nvidia_uvm", "nvidia-uvm", marker.kernel),
                      module("nvidia_modeset", "nvidia-modeset", marker.kernel)};
    for (const MarkerModule& m : marker.modules) {
        FileFact file{m.path, true, "", "", m.size, m.sha256, m.vermagic};
        file.name = m.name;
        file.srcversion = m.srcversion;
        file.depends = m.depends;
        bake.files.push_back(std::move(file));
    }
    bake.marker.value = std::move(marker);
    facts.records.boot_id = "this boot";
    facts.records.good = {{facts.host.kernel, bake.id}};
    facts.bakes = {std::move(bake)};
    facts.pin.value = std::move(pin);
    return facts;
}

} // namespace gpuboot::tests
