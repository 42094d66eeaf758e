// SPDX-License-Identifier: LGPL-2.1-or-later
// The guard: while the newest kernel has no bake and an older one has, the older one stays the boot
// loader's default.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/boot_choice.hpp"
#include "model/kernel_state.hpp"

namespace gpuboot::model {

enum class GuardStage {
    Changing,  ///< the default may be as before or as set: it was about to be changed
    Set,       ///< it was set
    Overruled, ///< somebody else set another one since; it is theirs while `newest` is the newest
};

std::string_view to_text(GuardStage stage); ///< "changing", "set", "overruled"

/// What was set, on disk before it is done, so that it can be taken back whatever happens.
struct GuardRecord {
    GuardStage stage = GuardStage::Changing;
    std::string file;
    std::string set;    ///< the default that the guard gave
    std::string before; ///< and what stood there; "" when nothing did
    std::string kernel; ///< the one that is kept
    std::string newest; ///< the one that has no bake

    bool operator==(const GuardRecord&) const = default;
};

enum class GuardAct {
    None,
    Set,     ///< the record, the default, and the record again
    Stand,   ///< it is set already; the record is brought up to date
    Release, ///< the default goes back to what it was, then the record goes
    Forget,  ///< the record goes
    Yield,   ///< the record says from now on that it is overruled
};

struct GuardInput {
    bool on = false; ///< policy asks for it, and the machine has a GPU and wants a driver
    std::vector<KernelState> states{};
    BootChoice choice{};
    std::optional<GuardRecord> record{};
};

struct Guard {
    GuardAct act = GuardAct::None;
    GuardRecord record{};          ///< what the act is about
    std::string newest{};          ///< the kernel that has no bake; "" when nothing has to be kept
    std::string kernel{};          ///< the older one that should stay the default
    std::vector<Reason> reasons{}; ///< why the newest has none
    std::string obstacle{};        ///< why the older one does not stay the default

    bool holds() const { return act == GuardAct::Set || act == GuardAct::Stand; }
    bool operator==(const Guard&) const = default;
};

} // namespace gpuboot::model
