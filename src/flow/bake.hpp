// SPDX-License-Identifier: LGPL-2.1-or-later
// Makes a bake: source -> build -> judge -> commit. Touches no device and needs none, nor a bus,
// nor systemd: the same in an image builder, a container build, a rescue shell and the rebuild
// phase.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/root.hpp"
#include "execute/effects.hpp"
#include "execute/progress.hpp"
#include "model/compile.hpp"
#include "model/pin.hpp"

namespace gpuboot::flow {

struct BakeOptions {
    std::optional<std::string> kernel; ///< wins over the pin's
    /// Compile although a bake that fits is there, and ask the kernel's headers anew.
    bool force = false;
    /// Of the compile; as long again is waited for another gpuboot to finish.
    std::chrono::milliseconds deadline = std::chrono::minutes(30);
    execute::OnProgress on_progress;
    /// Told the bake's id as soon as the inputs are read; may be empty.
    std::function<void(const std::string&)> on_id;
    std::string confine = GPUBOOT_LIBEXECDIR "/gpuboot-confine";
};

struct BakeResult {
    std::string id;
    std::string path;        ///< inside the root
    std::uint64_t bytes = 0; ///< of all modules
    std::int64_t usec = 0;
    bool reused = false; ///< it was there already and fits: nothing was compiled
    std::string walls{}; ///< "in a unit of its own": how it was compiled
    std::optional<model::CompileTimes> times{}; ///< of a compile whose source asks the headers

    bool operator==(const BakeResult&) const = default;
};

/// Takes the locks itself: the caller must hold none. The bake is on disk when this returns.
/// Error codes that mean more than "no": Remembered (not compiled: the same inputs failed before,
/// `what` is that error), Hopeless (they fail now, and are remembered), OutOfMemory.
Result<BakeResult> bake(const Root& root, execute::Effects& effects, const model::Pin& pin,
                        const BakeOptions& options);

} // namespace gpuboot::flow
