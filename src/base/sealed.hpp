// SPDX-License-Identifier: LGPL-2.1-or-later
// A small record that outlives a boot and proves itself: one line of payload, then its length and
// SHA-256. A power cut leaves the old one, the new one, or one that does not prove itself.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gpuboot {

/// `payload` must hold no newline.
std::string seal(std::string_view payload);

/// The payload; absent when a single byte of the file is not as `seal` wrote it.
std::optional<std::string> unseal(std::string_view text);

} // namespace gpuboot
