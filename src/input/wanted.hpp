// SPDX-License-Identifier: LGPL-2.1-or-later
// Whether this machine wants a driver from gpuboot. The first source that says anything decides:
// the kernel command line (gpuboot=off, gpuboot=on, the last of them), /run/gpuboot/opt-out,
// /etc/gpuboot/opt-out, `wanted` in policy. Nothing here waits for a network or a program (F-60).
#pragma once

#include "base/root.hpp"
#include "model/policy.hpp"
#include "model/wanted.hpp"

namespace gpuboot::input {

model::Wanted read_wanted(const Root& root, const model::Policy& policy);

} // namespace gpuboot::input
