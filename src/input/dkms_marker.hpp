// SPDX-License-Identifier: LGPL-2.1-or-later
// The marker that an older tool leaves beside a driver it built into an image with DKMS: lines
// kernel=, driver_version=, driver_kind=, arch=, each once and nothing else. Never trusted, only
// told; every defect is named, so that a person need not guess.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/root.hpp"
#include "model/facts.hpp"

namespace gpuboot::input {

struct DkmsMarker {
    std::string kernel;
    std::string driver_version;
    std::string driver_kind; ///< that tool's word: "cuda", "grid"
    std::string arch;

    bool operator==(const DkmsMarker&) const = default;
};

inline constexpr std::string_view dkms_marker_path = "/opt/azure/aks-gpu/dkms-marker";

/// No value and no flaw: there is none. A flaw lists all defects, parted by "; ".
model::Reading<DkmsMarker> read_dkms_marker(const Root& root);

model::Reading<DkmsMarker> parse_dkms_marker(std::string_view text);

} // namespace gpuboot::input
