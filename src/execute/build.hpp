// SPDX-License-Identifier: LGPL-2.1-or-later
// Compiles a recipe for a target and returns the products as bytes. The compile runs as the build
// user, without network, on a private copy of the source; root copies the source in and reads the
// products out, and runs nothing of either. What conftest finds out is kept for later compiles of
// the same source for the same headers, whatever became of this one after that.
#pragma once

#include <chrono>
#include <optional>
#include <vector>

#include "execute/build_area.hpp"
#include "execute/progress.hpp"
#include "execute/stage.hpp"
#include "model/compile.hpp"
#include "source/target.hpp"

namespace gpuboot::execute {

struct BuildOrder {
    std::string id;
    const source::Recipe& recipe;
    const source::Target& target;
    const Confinement& confinement;
    std::chrono::milliseconds deadline;
    OnProgress on_progress;
    Compression compression = Compression::None; ///< of the modules that go into the bake
    bool ask_anew = false; ///< what conftest found out in earlier compiles is not believed
};

struct Built {
    std::vector<Product> products;
    std::optional<model::CompileTimes> times; ///< absent: its source asks no headers
};

/// An Error of a failed compile quotes the first real error and names the log; Hopeless: the same
/// inputs would fail again; OutOfMemory: also one file at a time.
Result<Built> build(const Root& root, Effects& effects, const BuildOrder& order);

} // namespace gpuboot::execute
