// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads both stores, the local one and the image's: every bake's marker, and of those whose marker
// fits the machine every module file, once: the bytes that are hashed here are the bytes that are
// parsed, unpacked and loaded later. What the kernel that is judged demands of modules is read
// when there are any.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/root.hpp"
#include "model/facts.hpp"

namespace gpuboot::input {

/// Module images, unpacked, by the SHA-256 of their files.
using Images = std::map<std::string, Bytes, std::less<>>;

struct StoreReading {
    std::vector<model::BakeFact> bakes; ///< sorted by id; of one id in both the local one last
    std::string flaw;
    Images images; ///< of the modules that are what their markers say, and well formed
    model::KernelAbi abi;
};

/// Which markers are worth reading their files: the others are ruled out without touching them.
struct Wanted {
    std::string kernel;
    std::string arch;
    std::string version; ///< "" when no pin could be read: then no file is read
};

StoreReading read_store(const Root& root, const Wanted& wanted);

/// One folder laid out as a bake, as `read_store` reads it.
StoreReading read_one(const Root& root, const std::string& folder, const std::string& id,
                      const Wanted& wanted);

} // namespace gpuboot::input
