// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads one request file, which an unprivileged user wrote (F-105): a closed set of verbs and a
// number, never a path.
#pragma once

#include <sys/types.h>

#include <string>

#include "base/root.hpp"
#include "model/job.hpp"

namespace gpuboot::input {

/// The job as it was asked for; id 0: nobody waits for its end. Refuses symlinks, everything but
/// regular files, owners other than root and `writer`, more than 4 KiB, and every deviation from
/// the grammar.
Result<model::Job> read_request(const Root& root, const std::string& path, uid_t writer);

} // namespace gpuboot::input
