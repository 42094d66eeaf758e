// SPDX-License-Identifier: LGPL-2.1-or-later
// Which services a machine's GPUs need, what keeps one from its work, and the steps that start
// them. Pure.
#pragma once

#include <string>
#include <vector>

#include "model/plan.hpp"
#include "model/policy.hpp"
#include "model/reason.hpp"
#include "model/running.hpp"
#include "model/services.hpp"

namespace gpuboot::decide {

/// Why this machine needs a fabric manager, in words; "" where it needs none.
std::string fabric_need(const model::ServiceFacts& facts);

/// Why the fabric manager is left as it is, in words; "" where this machine needs it from us.
std::string fabric_left_alone(const model::ServiceFacts& facts, const model::Policy& policy);

/// What keeps services from being started. Those about deferred units fail no machine.
std::vector<model::Reason> judge_services(const model::ServiceFacts& facts,
                                          const model::Policy& policy);

/// The fabric manager, without which no CUDA program starts on its machines, and what it has to do
/// there; nothing where this machine does not need it from us.
model::Plan plan_fabric(const model::ServiceFacts& facts, const model::Policy& policy);

/// What else policy calls critical, started one after the other and waited for.
model::Plan plan_critical(const model::ServiceFacts& facts, const model::Policy& policy);

/// Enqueued once gpu-ready.target is reached: persistence, then what policy defers. A unit that
/// systemd does not know is left out; its reason tells.
model::Plan plan_deferred(const model::ServiceFacts& facts, const model::Policy& policy);

/// A GPU that came is held, where policy has us hold them.
model::Plan plan_hold(const model::Policy& policy);

/// Of a GPU that is being removed: ours lets go when it is among those who hold it. `users` is
/// left with the others.
model::Plan plan_let_go(std::vector<model::DeviceUser>& users);

} // namespace gpuboot::decide
