// SPDX-License-Identifier: LGPL-2.1-or-later
// Policy: what the operator decides, from gpuboot.toml; every field has a default.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/compression.hpp"
#include "model/foreign.hpp"

namespace gpuboot::model {

/// What must hold before a GPU counts as ready.
enum class ReadyTest {
    Bound, ///< the driver is bound, its nodes are right
    Open,  ///< and the adapter opens
    Nvml,  ///< and NVML counts every GPU
};

std::string_view to_text(ReadyTest test);

/// Whether a userspace driver must stand beside the kernel's.
enum class UserspaceRule {
    IfPresent, ///< one that is there must be of the pinned version
    Required,  ///< and one must be there
    Ignore,
};

std::string_view to_text(UserspaceRule rule);

/// What to do about another driver that is loaded already.
enum class ReplaceLoaded {
    Never,
    IfIdle, ///< unload it when nobody uses it and a bake fits, all of it or nothing
};

std::string_view to_text(ReplaceLoaded when);

/// What keeps a GPU initialised while nobody uses it.
enum class PersistenceRule {
    Auto, ///< NVIDIA's daemon, where it is installed
    Hold, ///< a unit of ours that holds each GPU open
    Off,
};

std::string_view to_text(PersistenceRule rule);

/// Whether the hardware's need of a fabric manager is met by us.
enum class FabricManagerRule { Auto, Off };

std::string_view to_text(FabricManagerRule rule);

/// What becomes of the bakes of a machine that has opted out for good; they do nothing either way.
enum class OptedOutRule { Keep, Purge };

/// How much the store may hold beyond what is always kept: the active bake, and of each installed
/// kernel the last good one and the one a boot would choose.
struct StorePolicy {
    std::size_t keep = 3;                             ///< bakes
    std::uint64_t max_bytes = std::uint64_t{4} << 30; ///< of all bakes together

    OptedOutRule opted_out = OptedOutRule::Keep;

    bool operator==(const StorePolicy&) const = default;
};

struct Policy {
    bool wanted = true;      ///< a driver from gpuboot, by the last file that says so
    std::string wanted_in{}; ///< "FILE:LINE: driver.wanted" of that; "" when none says anything
    ReadyTest ready_test = ReadyTest::Open;
    int ready_timeout_seconds = 10;
    /// Loaded in this order, each after what it depends on; file names without ".ko".
    std::vector<std::string> modules{"nvidia", "nvidia-uvm", "nvidia-modeset"};
    UserspaceRule userspace = UserspaceRule::IfPresent;
    ReplaceLoaded replace_loaded = ReplaceLoaded::IfIdle;
    PersistenceRule persistence = PersistenceRule::Auto;
    FabricManagerRule fabric_manager = FabricManagerRule::Auto;
    int fabric_timeout_seconds = 60; ///< until the started manager has every GPU in the fabric
    std::vector<std::string> critical_units; ///< started and waited for; a failure is fatal
    std::vector<std::string> deferred_units; ///< enqueued after ready; never waited for
    /// Container runtimes that are told to accept CDI, where they are installed and have it off.
    std::vector<std::string> configured_runtimes{"containerd", "docker", "crio"};
    bool rebuild_allowed = true;
    int rebuild_timeout_seconds = 600;
    Compression bake_compression = Compression::None; ///< of modules in new bakes
    StorePolicy store = {};
    bool guard_kernels = false; ///< an older kernel stays the default while the newest has no bake
    std::vector<ForeignKind> foreign_remove = {}; ///< copies of others that go, after each boot

    bool operator==(const Policy&) const = default;
};

} // namespace gpuboot::model
