// SPDX-License-Identifier: LGPL-2.1-or-later
// What conftest found out in earlier compiles, kept for the next one that would ask the same: one
// sealed record with the answers of the newest few keys. It holds what an untrusted compile made,
// and goes into none but an untrusted compile of the very same inputs.
#pragma once

#include <string>

#include "base/root.hpp"
#include "execute/conftest.hpp"
#include "execute/effects.hpp"
#include "source/dkms_tree.hpp"
#include "source/target.hpp"

namespace gpuboot::execute {

/// Of the record, the largest of all.
inline constexpr std::size_t kept_answers_limit = std::size_t{4} << 20;

/// Over all that the answers depend on: the source, the kernel's headers, the compiler, the
/// architecture. Which modules are built plays no part: each asks its questions in the same words.
Result<std::string> answers_key(const Root& root, const source::Recipe& recipe,
                                const source::Target& target);

/// None when none are kept under this key. A record that does not prove itself, or that others than
/// root could have written, is removed.
Answers read_answers(const Root& root, Effects& effects, const std::string& key);

/// On disk when this returns, and the oldest key's beyond the newest four gone.
Result<void> keep_answers(const Root& root, Effects& effects, const std::string& key,
                          Answers answers);

} // namespace gpuboot::execute
