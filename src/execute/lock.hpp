// SPDX-License-Identifier: LGPL-2.1-or-later
// One gpuboot at a time changes a system: a write lock on an open file, which the kernel releases
// when the holder ends, however it ends. The file's content and presence mean nothing.
#pragma once

#include <chrono>

#include "base/fd.hpp"
#include "base/root.hpp"
#include "execute/effects.hpp"

namespace gpuboot::execute {

class Lock {
  public:
    /// Waits until `deadline` has passed, then Busy. Never take it twice in one process: the
    /// second would wait for the first.
    static Result<Lock> take(const Root& root, Effects& effects,
                             std::chrono::milliseconds deadline);

  private:
    explicit Lock(Fd fd) : fd_(std::move(fd)) {}

    Fd fd_;
};

} // namespace gpuboot::execute
