// SPDX-License-Identifier: LGPL-2.1-or-later
// The marker: the file that makes a folder of the store a bake, written last.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/pin.hpp"

namespace gpuboot::model {

inline constexpr int marker_format = 1;

struct MarkerModule {
    std::string name; ///< as the kernel says it: nvidia_uvm
    std::string path; ///< below the bake: modules/nvidia-uvm.ko, or .ko.zst, .ko.xz, .ko.gz
    std::uint64_t size = 0;
    std::string sha256;
    std::string vermagic;
    std::string srcversion;           ///< "" when the module carries none
    std::vector<std::string> depends; ///< names of modules, in the kernel's words

    bool operator==(const MarkerModule&) const = default;
};

struct Marker {
    std::string id;
    std::string driver_version;
    Kind kind = Kind::Open;
    std::string kernel;
    std::string arch;   ///< as uname -m says it
    std::string source; ///< "dkms:nvidia-current-open"
    std::string source_sha256;
    std::string kernel_config_sha256;
    std::string compiler; ///< first line of its --version
    std::string made_by;
    std::vector<MarkerModule> modules;

    bool operator==(const Marker&) const = default;
};

/// "modules/nvidia-uvm.ko.zst" -> "nvidia-uvm"; absent when it is no module's path, or could lead
/// elsewhere (F-112).
std::optional<std::string_view> module_file_of(std::string_view path);

/// The module whose file is so named, compressed or not; null: there is none.
const MarkerModule* module_of_file(const Marker& marker, std::string_view name);

/// A marker's source that begins so names the folder the modules were taken over from; they were
/// compiled by somebody else, and its source_sha256 is over the modules themselves.
inline constexpr std::string_view adopted_source = "adopted:";

inline bool is_adopted(const Marker& marker) { return marker.source.starts_with(adopted_source); }

} // namespace gpuboot::model
