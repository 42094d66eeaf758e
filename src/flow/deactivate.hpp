// SPDX-License-Identifier: LGPL-2.1-or-later
// A running machine's driver goes, all of it or nothing, and what the machine wants from then on.
#pragma once

#include "execute/effects.hpp"
#include "flow/phase.hpp"

namespace gpuboot::flow {

struct Deactivated {
    model::Report report;
    bool done = false; ///< false: somebody works with the GPUs, by the report's reasons
};

/// Done, the machine is opted out until it boots again or opts in: no GPU that is plugged in brings
/// the driver back. The caller holds the lock. An Error where the kernel command line wants a
/// driver, which nothing here overrules.
Result<Deactivated> deactivate(const Machine& machine);

/// From the next boot on; does nothing to this one.
Result<void> opt_out(execute::Effects& effects);

/// Takes back what `deactivate` and `opt_out` have left. BadInput when another source wants no
/// driver still: its name is in the text.
Result<void> opt_in(const Root& root, execute::Effects& effects);

} // namespace gpuboot::flow
