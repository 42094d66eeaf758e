// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads what stands beside the modules: the userspace driver on the loader's path, the firmware on
// the kernel's. Looks at names and links alone; no library is opened for reading.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/root.hpp"
#include "model/companions.hpp"
#include "model/facts.hpp"

namespace gpuboot::input {

/// Of the driver `version`. A loader cache that is absent or cannot be read counts as one without
/// a userspace driver: the loader then finds none through it either.
model::Companions read_companions(const Root& root, const model::Host& host,
                                  const std::string& version);

/// Those of `names` that the loader's cache lists for `arch`; absent or unreadable, it lists none.
std::vector<model::Library> find_libraries(const Root& root, const std::string& arch,
                                           std::span<const std::string_view> names);

/// What Companions::cached tells alone: that much also a machine without a GPU wants to know.
std::vector<std::string> read_cached_libraries(const Root& root, const model::Host& host);

} // namespace gpuboot::input
