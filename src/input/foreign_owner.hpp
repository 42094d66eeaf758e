// SPDX-License-Identifier: LGPL-2.1-or-later
// Whose a file is that a removal found: a package's, its alternatives', or what a person installed
// with NVIDIA's installer. Where that cannot be told, it is somebody's.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/root.hpp"
#include "input/installer_list.hpp"
#include "model/foreign_removal.hpp"

namespace gpuboot::input {

/// A driver that DKMS knows: /var/lib/dkms/NAME/VERSION.
struct Registration {
    std::string path;
    std::string name;
    std::string version;
    std::string source; ///< /usr/src/X, where its link leads; "" when it leads nowhere else
    std::string owner;  ///< filled in by `own`
};

/// What was found, before it is known whose it is.
struct Unowned {
    model::ForeignFind find;
    bool only_its = false; ///< the place is one tool's alone
};

/// Says of each whose it is. What DKMS made of a source belongs to whom the source belongs to.
Result<void> own(const Root& root, const InstallerList& installer,
                 std::vector<Registration>& registrations, std::vector<Unowned>& finds);

} // namespace gpuboot::input
