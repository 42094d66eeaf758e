// SPDX-License-Identifier: LGPL-2.1-or-later
// What must hold of a tree after recovery, whatever happened before (V1 to V6, V8).
#pragma once

#include <map>
#include <set>
#include <string>

#include "driver/tree.hpp"

namespace gpuboot::crash {

/// Ids that the store may and must show, by name; and what a record may say.
struct Allowed {
    std::set<std::string> must;       ///< whole
    std::set<std::string> may;        ///< whole, or not there
    std::set<std::string> damaged;    ///< may be there as it was: not whole, never active
    std::set<std::string> records;    ///< payloads; "" for absent; empty: not looked at
    std::set<std::string> going = {}; ///< others' paths that may be gone, but not changed
};

/// "" when all holds; else the first thing that does not. `before` is the tree's content before
/// the operation; empty: V3 and V6 are not looked at.
std::string violation(const Tree& tree, const Allowed& allowed,
                      const std::map<std::string, std::string>& before);

/// The bakes in the store, by name alone.
std::set<std::string> visible(const Tree& tree);

/// Read here without any code of gpuboot: the marker by its lines, the digests by OpenSSL.
std::string flaw_by_own_eyes(const Tree& tree, const std::string& folder);

} // namespace gpuboot::crash
