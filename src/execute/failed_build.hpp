// SPDX-License-Identifier: LGPL-2.1-or-later
// Remembers a compile that would fail again, so that no boot repeats it (S4-24, F-65). Remembered
// is what the source itself does to the compiler: an error of compiler or modpost, or products that
// are not there or not right. Not what a loaded machine does to a compile: a deadline, a full disk,
// memory, a kill. Read back by input/failed_builds.hpp.
#pragma once

#include <string>
#include <string_view>

#include "base/root.hpp"
#include "execute/effects.hpp"
#include "model/marker.hpp"
#include "source/target.hpp"

namespace gpuboot::execute {

/// Over all that a compile depends on: what the bake's id is made of, the headers, gpuboot itself.
std::string failed_inputs(const model::Marker& inputs, const source::Target& target);

/// Where the whole log of that compile is kept.
std::string failed_log_path(const std::string& id);

Result<void> remember_failure(const Root& root, Effects& effects, const std::string& id,
                              const std::string& inputs, const std::string& error);

/// The record and its log; absent ones are fine.
Result<void> forget_failure(Effects& effects, const std::string& id);

/// "nvidia/nv-pci.c:180:9: error: too few arguments" in parts; all in `message` when it has none.
struct CompilerError {
    std::string file;
    int line = 0;
    std::string message;
};
CompilerError parse_compiler_error(std::string_view text);

} // namespace gpuboot::execute
