// SPDX-License-Identifier: LGPL-2.1-or-later
// Which of two kernel releases is the newer one: UAPI.10 "Version Format Specification", by which
// systemd-boot orders its entries (strverscmp_improved).
#pragma once

#include <string_view>

namespace gpuboot::model {

/// Negative when `a` is the older one, positive when it is the newer one.
int compare_versions(std::string_view a, std::string_view b);

} // namespace gpuboot::model
