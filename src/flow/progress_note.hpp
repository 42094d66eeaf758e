// SPDX-License-Identifier: LGPL-2.1-or-later
// Tells how far a boot's compile is to whoever looks from outside: a file while it lasts.
#pragma once

#include "base/names.hpp"
#include "execute/effects.hpp"
#include "model/progress.hpp"

namespace gpuboot::flow {

class ProgressNote {
  public:
    explicit ProgressNote(execute::Effects& effects) : effects_(effects) {}
    ~ProgressNote() { (void)effects_.remove(names::progress); }
    ProgressNote(const ProgressNote&) = delete;
    ProgressNote& operator=(const ProgressNote&) = delete;

    /// At most a hundred times for each stage; one that cannot be written is left out.
    void put(const model::Progress& progress);

  private:
    execute::Effects& effects_;
    model::Progress told_;
};

} // namespace gpuboot::flow
