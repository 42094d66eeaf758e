// SPDX-License-Identifier: LGPL-2.1-or-later
// The looks that an audit consists of (input/audit.hpp). Each appends what it found, without an
// owner, and nothing where its places are absent; an Error means that it could not look.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/root.hpp"
#include "model/audit.hpp"

namespace gpuboot::input {

using Findings = std::vector<model::Finding>;

/// On PATH: the driver's programs, and among them those that are setuid or setgid.
Result<void> audit_programs(const Root& root, Findings& findings);
/// In the stores: any setuid or setgid file.
Result<void> audit_stores(const Root& root, Findings& findings);
/// `activated`: entries that lead through /run/gpuboot/active are there by gpuboot's doing.
Result<void> audit_libraries(const Root& root, bool activated, Findings& findings);
/// Of all kernels: modules, and what depmod's indexes say of such.
Result<void> audit_modules(const Root& root, Findings& findings);
/// Of all images in /boot. One that cannot be looked into is a finding, too: its modules would be
/// loaded before any file of the root is seen.
Result<void> audit_initramfs(const Root& root, Findings& findings);
/// DKMS registrations, and lines of the loader's configuration that lead to a driver's libraries.
Result<void> audit_installations(const Root& root, Findings& findings);
/// Device nodes, and the links in /dev/char to them.
Result<void> audit_nodes(const Root& root, Findings& findings);
Result<void> audit_cdi(const Root& root, Findings& findings);
Result<void> audit_units(const Root& root, Findings& findings);
Result<void> audit_udev(const Root& root, Findings& findings);
Result<void> audit_modprobe(const Root& root, Findings& findings);

/// "gpuboot-x.service", "70-gpuboot.rules".
bool is_own_file(std::string_view name);

/// The end of a detail: "; leads to TARGET" of a link, "" of anything else.
std::string leading_to(const Root& root, const std::string& path);

} // namespace gpuboot::input
