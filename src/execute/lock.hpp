// SPDX-License-Identifier: LGPL-2.1-or-later
// One gpuboot at a time changes a system: a write lock on an open file, which the kernel releases
// when the holder ends, however it ends. The file's content and presence mean nothing.
// A compile takes minutes and changes nothing that a check reads, so it has a lock of its own:
// `take_bake` first, and `take` only for the moment of the commit. Nobody takes them the other way
// round.
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

    /// The one for making a bake. Waits likewise.
    static Result<Lock> take_bake(const Root& root, Effects& effects,
                                  std::chrono::milliseconds deadline);

    /// The one for writing what containers are told. Waits likewise.
    static Result<Lock> take_cdi(const Root& root, Effects& effects,
                                 std::chrono::milliseconds deadline);

  private:
    static Result<Lock> take_file(const Root& root, Effects& effects, std::string_view path,
                                  std::chrono::milliseconds deadline);

    explicit Lock(Fd fd) : fd_(std::move(fd)) {}

    Fd fd_;
};

} // namespace gpuboot::execute
