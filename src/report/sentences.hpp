// SPDX-License-Identifier: LGPL-2.1-or-later
// A report, a verdict or a plan told to a person, in the words of the reason table.
#pragma once

#include <string>

#include "model/plan.hpp"
#include "model/report.hpp"

namespace gpuboot::report {

/// The whole story of one phase: what was found, done, found then, and what to do about it.
std::string to_sentences(const model::Report& report);

/// "fast: bake X fits this machine".
std::string headline_of(const model::Verdict& verdict);

/// "fast: bake X fits" with a line for each reason and each remedy.
std::string to_sentences(const model::Verdict& verdict);

std::string to_sentences(const model::Plan& plan);

} // namespace gpuboot::report
