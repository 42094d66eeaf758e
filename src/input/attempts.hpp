// SPDX-License-Identifier: LGPL-2.1-or-later
// What was tried in this boot, as the phases left it in /run/gpuboot/tried.
#pragma once

#include <optional>
#include <vector>

#include "base/root.hpp"
#include "model/facts.hpp"

namespace gpuboot::input {

/// A record that cannot be read counts as absent: losing one costs a second try, never a boot.
std::vector<model::RefusedLoad> read_refused_loads(const Root& root);
std::optional<model::RebuildAttempt> read_rebuild_attempt(const Root& root);

} // namespace gpuboot::input
