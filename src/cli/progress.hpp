// SPDX-License-Identifier: LGPL-2.1-or-later
// Shows how far a bake is: one bar that moves on a terminal,
// plain lines elsewhere.
#pragma once

#include <string>

#include "model/progress.hpp"

namespace gpuboot::cli {

class ProgressView {
  public:
    ProgressView();
    ~ProgressView();
    ProgressView(const ProgressView&) = delete;
    ProgressView& operator=(const ProgressView&) = delete;

    void show(const model::Progress& progress);

  private:
    void show_bar(const model::Progress& progress) const;
    void show_line(const model::Progress& progress);

    bool terminal_;
    std::string stage_;
    int tenth_ = -1; ///< last one printed of this stage, elsewhere than on a terminal
};

} // namespace gpuboot::cli
