// SPDX-License-Identifier: LGPL-2.1-or-later
// Whether a kernel takes a module whose bytes are right, told before it is asked: the same order
// of questions as the kernel's own (kernel/module/main.c), and its rules.
#pragma once

#include <optional>
#include <string>

#include "model/facts.hpp"
#include "model/reason.hpp"

namespace gpuboot::decide {

/// `file` names it in the reason. Absent: nothing speaks against it. What is not known of the
/// kernel is not judged: without its list of CRCs a load is still possible (F-61).
std::optional<model::Reason> judge_module(const model::Facts& facts, const std::string& file,
                                          const model::MarkerModule& wanted,
                                          const model::FileFact& found);

} // namespace gpuboot::decide
