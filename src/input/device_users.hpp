// SPDX-License-Identifier: LGPL-2.1-or-later
// Which processes hold a device of the driver open, by the device's number and not by its path: a
// container sees other paths. Needs CAP_SYS_PTRACE to look into processes that may do more.
#pragma once

#include <string>
#include <vector>

#include "base/root.hpp"
#include "model/running.hpp"

namespace gpuboot::input {

struct DeviceUsers {
    std::vector<model::DeviceUser> users; ///< one a process and module, by pid
    std::string flaw;                     ///< why some processes could not be looked into
};

DeviceUsers read_device_users(const Root& root);

/// Of one device alone.
DeviceUsers read_node_users(const Root& root, unsigned major, unsigned minor);

} // namespace gpuboot::input
