// SPDX-License-Identifier: LGPL-2.1-or-later
// What a bake brings beside its modules, and the steps that make it be found. Pure.
#pragma once

#include "model/facts.hpp"
#include "model/plan.hpp"
#include "model/verdict.hpp"

namespace gpuboot::decide {

/// Whether the verdict's bake, or the one a rebuild would make, brings its own libraries.
bool brings_libraries(const model::Facts& facts, const model::Verdict& verdict);
/// Likewise the GSP firmware of the pinned version.
bool brings_firmware(const model::Facts& facts, const model::Verdict& verdict);

/// Has the kernel look into this bake for firmware that lies nowhere else. One setting of
/// somebody else's stays.
model::Plan plan_firmware(const model::Facts& facts, const model::Marker& marker);

/// Has the loader's cache written anew unless it lists just these libraries of the active bake.
model::Plan plan_loader(const model::Facts& facts, const std::vector<std::string>& libraries);

} // namespace gpuboot::decide
