// SPDX-License-Identifier: LGPL-2.1-or-later
// Shows how far a bake is: one bar that moves on a terminal, plain lines elsewhere.
#pragma once

#include <string>

#include "execute/progress.hpp"

namespace gpuboot::cli {

class ProgressView {
  public:
    ProgressView();
    ~ProgressView();
    ProgressView(const ProgressView&) = delete;
    ProgressView& operator=(const ProgressView&) = delete;

    void show(const execute::Progress& progress);

  private:
    void show_bar(const execute::Progress& progress) const;
    void show_line(const execute::Progress& progress);

    bool terminal_;
    std::string stage_;
    int tenth_ = -1; ///< last one printed of this stage, elsewhere than on a terminal
};

} // namespace gpuboot::cli
