// SPDX-License-Identifier: LGPL-2.1-or-later
// The marker: the file that makes a folder of the store a bake, written last.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "model/pin.hpp"

namespace gpuboot::model {

/// The newest that is read. A marker is written in the oldest format that can say what it says.
inline constexpr int marker_format = 2;

struct MarkerModule {
    std::string name; ///< as the kernel says it: nvidia_uvm
    std::string path; ///< below the bake: modules/nvidia-uvm.ko, or .ko.zst, .ko.xz, .ko.gz
    std::uint64_t size = 0;
    std::string sha256;
    std::string vermagic;
    std::string srcversion;           ///< "" when the module carries none
    std::vector<std::string> depends; ///< names of modules, in the kernel's words
    std::string pieces_sha256{}; ///< of its pieces (base/digest.hpp); "" when the marker has none

    bool operator==(const MarkerModule&) const = default;
};

/// A file of the userspace that the bake bundles, or a symlink.
struct BundledFile {
    std::string path;   ///< below the bake: lib/libcuda.so.VERSION
    std::string target; ///< of a symlink: relative, and it stays inside; "" for a file
    std::uint64_t size = 0;
    std::string sha256;
    std::string soname; ///< what the loader's cache will call it; "" when that lists it not

    bool operator==(const BundledFile&) const = default;
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
    /// What alone was asked for of the modules that the source builds: file names without ".ko",
    /// sorted. Empty: all of them.
    std::vector<std::string> asked{};
    std::vector<MarkerModule> modules;
    std::string userspace_sha256; ///< as the pin says it; "" when the bake holds modules alone
    std::vector<BundledFile> bundled;

    bool operator==(const Marker&) const = default;
};

/// 1 for all of a source's modules alone, as it has always been; 2 for fewer, or with userspace: an
/// older gpuboot must leave those.
int format_of(const Marker& marker);

/// The folders of a bake that its userspace lies in.
inline constexpr std::array<std::string_view, 4> bundle_folders{"bin", "firmware", "lib", "share"};

/// The folders that these files lie in, below the bake, each before what lies in it.
std::set<std::string> folders_in(const std::vector<BundledFile>& files);

/// What the loader's cache should list of this bake; sorted.
std::vector<std::string> libraries_of(const Marker& marker);

/// Below one of these folders, and nothing in it that could lead elsewhere (F-112).
bool is_bundled_path(std::string_view path);
/// Relative, and from where the symlink `path` lies it stays in the same one of these folders: ".."
/// stands in front alone, where no other symlink can bend it.
bool is_inner_target(std::string_view path, std::string_view target);

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
