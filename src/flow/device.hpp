// SPDX-License-Identifier: LGPL-2.1-or-later
// The device phase: one GPU came or went at run time.
#pragma once

#include <optional>
#include <string>

#include "flow/phase.hpp"

namespace gpuboot::flow {

/// Waits for the driver to take the GPU, makes its node, and notes what was made. On a machine
/// without a live driver (the first GPU ever) it asks for the whole chain instead.
Result<model::Report> add_device(const Machine& machine, const std::string& address);

/// The driver took the GPU. As `add_device`, unless a phase has judged the GPU with its driver:
/// then there is nothing to do, and no report. Where the machine was not ready, init is asked for.
Result<std::optional<model::Report>> bound_device(const Machine& machine,
                                                  const std::string& address);

/// Removes what `add_device` or init made for it. Of a GPU nothing is known about: nothing to do.
Result<void> remove_device(const Machine& machine, const std::string& address);

/// Its phase died. What was made for it goes; its note stays, and says that a phase of the GPU's
/// own has begun and told nothing, for `tell_dead`. One that is no longer on the bus is removed.
Result<void> abandon_device(const Machine& machine, const std::string& address);

/// Each GPU that the driver serves has its unit, by which its removal is seen. After a soft reboot
/// udev has no news of it that would start one; anywhere else this changes nothing.
Result<void> attend_devices(const Machine& machine);

} // namespace gpuboot::flow
