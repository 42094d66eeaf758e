// SPDX-License-Identifier: LGPL-2.1-or-later
// Does this kernel let the driver's modules in, and what does a refused load mean? Pure. None of
// these reasons leads to a compile that could not end otherwise: what gpuboot compiles is unsigned.
#pragma once

#include <optional>
#include <vector>

#include "model/facts.hpp"
#include "model/reason.hpp"

namespace gpuboot::decide {

/// What keeps every module out; absent: nothing does, or the machine is not the one that is judged.
std::optional<model::Reason> judge_loading(const model::Facts& facts);

/// What keeps out those modules of the bake that this machine would load.
std::vector<model::Reason> judge_admission(const model::Facts& facts, const model::BakeFact& bake);

/// What keeps out a bake that would be compiled here and now; absent: nothing.
std::optional<model::Reason> judge_compiled(const model::Facts& facts);

/// What the kernel's errno and its own line mean (linux: kernel/module/main.c, load_module).
model::Reason judge_refusal(const model::Facts& facts, const model::BakeFact& bake,
                            const model::RefusedLoad& refused);

/// Want of memory, a bad address, an I/O error: the same load may work a moment later.
bool may_pass(int error);

} // namespace gpuboot::decide
