// SPDX-License-Identifier: LGPL-2.1-or-later
// Keeps what containers are told of the GPUs in step with what the driver serves.
#pragma once

#include <string>

#include "flow/phase.hpp"
#include "model/cdi.hpp"

namespace gpuboot::flow {

/// Of the live driver; without one nothing is to be mounted.
model::CdiFacts read_cdi_facts(const Root& root);

/// After one GPU came, or while `leaving` goes; one that has failed stays out. Does nothing on a
/// machine that is not ready: what was withdrawn stays so. A spec that cannot be written is told in
/// the report, and fails nothing.
Result<execute::Execution> refresh_cdi(const Machine& machine, const std::string& leaving = "");

/// What the driver offers has changed while it is live, as when a MIG instance is made: the nodes
/// and the spec follow. Nothing happens where no GPU is ready.
Result<execute::Execution> refresh(const Machine& machine);

/// No container is given a GPU of a machine that is not ready.
void withdraw_cdi(const Machine& machine, Run& run);

} // namespace gpuboot::flow
