// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads what services the GPUs of this machine need and which of them can be started.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/root.hpp"
#include "model/policy.hpp"
#include "model/services.hpp"

namespace gpuboot::input {

/// Asks nv-fabricmanager for its version only where there is a fabric, and systemd only after
/// units that policy or the fabric name. A tool that gives no answer leaves its facts absent.
model::ServiceFacts read_services(const Root& root, const model::Policy& policy);

/// Those of the units that run or are about to; none where systemd does not answer.
std::vector<std::string> read_running_units(const Root& root,
                                            const std::vector<std::string>& units);

/// The hardware's side of it.
model::FabricManagerFacts read_fabric_hardware(const Root& root);

/// Those that `systemctl show -p Id,LoadState` tells not to be loaded, of the units asked for, in
/// that order: an alias is answered under another name.
std::vector<model::UnusableUnit> unusable_in(std::string_view shown,
                                             const std::vector<std::string>& asked);

/// Likewise those that `systemctl show -p ActiveState` tells to run.
std::vector<std::string> running_in(std::string_view shown, const std::vector<std::string>& asked);

/// "Fabric Manager version is : 535.261.03"; "" in any other text.
std::string fabric_manager_version(std::string_view said);

} // namespace gpuboot::input
