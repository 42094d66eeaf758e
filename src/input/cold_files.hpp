// SPDX-License-Identifier: LGPL-2.1-or-later
// The userspace that a bake bundles: a hundred files and more, half a gigabyte. A boot looks at
// them and opens none ("cold"); their bytes are read once nobody waits, and when they are made.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/root.hpp"
#include "model/facts.hpp"

namespace gpuboot::input {

/// Fills `cold` and `stamps` of a bake whose marker was read; `folder` is its own. A folder inside
/// it that others could write makes the whole bake unsafe.
void look_at_cold_files(const Root& root, const std::string& folder, model::BakeFact& bake);

struct Damage {
    std::string path; ///< below the bake
    std::string wanted, found;
};

/// Reads every file that the marker lists, and compares its SHA-256; the first that differs or
/// cannot be read, absent when none does.
std::optional<Damage> read_cold_files(const Root& root, const std::string& folder,
                                      const model::Marker& marker);

} // namespace gpuboot::input
