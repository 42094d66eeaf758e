// SPDX-License-Identifier: LGPL-2.1-or-later
// What gpuboot does to a tree, as its programs do it: with the same functions.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "driver/tree.hpp"
#include "execute/commit.hpp"

namespace gpuboot::crash {

/// A bake's products: `count` modules of about `size` bytes.
std::vector<execute::Product> products(const std::string& kernel, int count, std::size_t size);

Result<void> commit(const Tree& tree, const model::Marker& marker, int count, std::size_t size);
Result<void> bake(const Tree& tree, bool force); ///< flow::bake with a played compile
Result<void> purge(const Tree& tree, const std::string& id);
Result<void> purge_all(const Tree& tree);
Result<void> collect(const Tree& tree);
Result<void> note(const Tree& tree, const std::string& payload); ///< a sealed record
Result<void> recover(const Tree& tree);

/// The check phase: judge, plan, execute (src/flow/check.cpp), for a machine with a GPU (or
/// without) whose kernel is `kernel`.
Result<void> check(const Tree& tree, bool has_gpu);

inline constexpr const char* record = "/var/lib/gpuboot/records/last-good-6.1.0-1";

} // namespace gpuboot::crash
