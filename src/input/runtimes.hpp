// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads which container runtimes are installed and what their configuration says of CDI.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/root.hpp"
#include "model/runtimes.hpp"

namespace gpuboot::input {

/// Those of `names` (containerd, docker, crio) whose program is there. Only one whose configuration
/// leaves something open is asked for its version, and only on the running system.
std::vector<model::RuntimeFacts> read_runtimes(const Root& root,
                                               const std::vector<std::string>& names);

/// Docker's /etc/docker/daemon.json, without version.
model::RuntimeFacts read_docker(const Root& root);

/// CRI-O's crio.conf and crio.conf.d; CDI is on in it since 1.23.
model::RuntimeFacts read_crio(const Root& root);

/// The first version in what a program printed: "containerd github.com/... 1.6.20~ds1 ..."
/// -> 1.6.20
std::string version_in(std::string_view said);

} // namespace gpuboot::input
