// SPDX-License-Identifier: LGPL-2.1-or-later
// Texts that would bring a GPU driver in: depmod's lists, modprobe's and udev's settings, CDI
// specs. Each is bounded; one that cannot be read counts as one without such a line.
#pragma once

#include <string>
#include <vector>

#include "base/root.hpp"
#include "model/audit.hpp"

namespace gpuboot::input {

/// The first line of modules.dep or modules.alias that names a module of the driver; "" when none.
std::string driver_line(const Root& root, const std::string& path);

/// Of /etc, /run and /usr/lib, without owners.
std::vector<model::Finding> read_live_texts(const Root& root);

/// The first line of a modprobe.d or modules-load.d text that loads the driver, or keeps another
/// one away for it; a line that keeps the driver itself away is none. "" when there is none.
std::string live_setting(const std::string& text);

} // namespace gpuboot::input
