// SPDX-License-Identifier: LGPL-2.1-or-later
// Which package owns a file, as dpkg's own database says (/var/lib/dpkg/info/*.list and
// diversions): no program is asked, so it is true of an offline tree as well.
#pragma once

#include <map>
#include <set>
#include <string>

#include "base/root.hpp"

namespace gpuboot::input {

/// Merged path (input/file_entry.hpp) to the name of the package, of those paths that one owns. A
/// diverted name belongs to its diversion, whichever of its two names it is. An Error when any of
/// the database cannot be read as what it is, or there is none: then nobody can say whose a file
/// is.
Result<std::map<std::string, std::string>> read_package_owners(const Root& root,
                                                               const std::set<std::string>& paths);

} // namespace gpuboot::input
