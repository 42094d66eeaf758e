// SPDX-License-Identifier: LGPL-2.1-or-later
// What is said of the guard: a sentence, at login, and in the journal.
#pragma once

#include <string>

#include "model/guard.hpp"

namespace gpuboot::report {

/// "holds", "cannot" or "ended"; "" when there is nothing to say.
std::string status_of(const model::Guard& guard);

/// In one line; "" when there is nothing to say.
std::string sentence_of(const model::Guard& guard);

/// A few lines for who logs in; "" unless the guard holds.
std::string motd_of(const model::Guard& guard);

/// The journal's event.
void send_guard(const model::Guard& guard);

} // namespace gpuboot::report
