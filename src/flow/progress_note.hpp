// SPDX-License-Identifier: LGPL-2.1-or-later
// Tells how far a compile is to whoever looks from outside: a file while it lasts.
#pragma once

#include <optional>

#include "base/names.hpp"
#include "base/root.hpp"
#include "execute/effects.hpp"
#include "model/progress.hpp"

namespace gpuboot::flow {

/// Absent while no compile is under way.
std::optional<model::Progress> read_progress(const Root& root);

class ProgressNote {
  public:
    ProgressNote(execute::Effects& effects, std::string kernel)
        : effects_(effects), kernel_(std::move(kernel)) {}
    ~ProgressNote() { (void)effects_.remove(names::progress); }
    ProgressNote(const ProgressNote&) = delete;
    ProgressNote& operator=(const ProgressNote&) = delete;

    /// At most a hundred times for each stage; one that cannot be written is left out.
    void put(model::Progress progress);

  private:
    execute::Effects& effects_;
    std::string kernel_;
    model::Progress told_;
};

} // namespace gpuboot::flow
