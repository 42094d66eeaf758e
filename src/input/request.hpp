// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads one request file, which an unprivileged user wrote (F-105): a closed set of verbs and a
// number, never a path.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "base/root.hpp"

namespace gpuboot::input {

enum class Verb { Check, Rebuild, Init };

std::string_view to_text(Verb verb);

struct Request {
    Verb verb = Verb::Check;
    std::int64_t job = 0; ///< 0: nobody waits for its end
    bool force = false;
};

/// Refuses symlinks, everything but regular files, owners other than root and `writer`, more than
/// 4 KiB, and every deviation from the grammar.
Result<Request> read_request(const Root& root, const std::string& path, uid_t writer);

} // namespace gpuboot::input
