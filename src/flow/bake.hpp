// SPDX-License-Identifier: LGPL-2.1-or-later
// Makes a bake: source -> build -> judge -> commit. Touches no device and needs none, nor a bus,
// nor systemd: the same in an image builder, a container build, a rescue shell and the rebuild
// phase.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/root.hpp"
#include "execute/effects.hpp"
#include "execute/progress.hpp"
#include "model/pin.hpp"

namespace gpuboot::flow {

struct BakeOptions {
    std::optional<std::string> kernel; ///< wins over the pin's
    bool force = false;                ///< compile although a bake that fits is there
    /// Of the compile; as long again is waited for another gpuboot to finish.
    std::chrono::milliseconds deadline = std::chrono::minutes(30);
    execute::OnProgress on_progress;
    std::string confine = GPUBOOT_LIBEXECDIR "/gpuboot-confine";
};

struct BakeResult {
    std::string id;
    std::string path;        ///< inside the root
    std::uint64_t bytes = 0; ///< of all modules
    std::int64_t usec = 0;
    bool reused = false; ///< it was there already and fits: nothing was compiled

    bool operator==(const BakeResult&) const = default;
};

/// Takes the lock itself: the caller must not hold it. The bake is on disk when this returns.
Result<BakeResult> bake(const Root& root, execute::Effects& effects, const model::Pin& pin,
                        const BakeOptions& options);

} // namespace gpuboot::flow
