// SPDX-License-Identifier: LGPL-2.1-or-later
// The word that one phase leaves for another: a file in /run/gpuboot/next, where only root writes.
#pragma once

#include <string_view>

#include "execute/effects.hpp"

namespace gpuboot::execute {

/// `word` is one of names::next_*, or names::lost_stamp; the folder is made when it is not there.
Result<void> leave_word(Effects& effects, std::string_view word, std::string_view text = "");

/// The word stands from now on exactly when `wanted`.
Result<void> set_word(Effects& effects, std::string_view word, bool wanted);

} // namespace gpuboot::execute
