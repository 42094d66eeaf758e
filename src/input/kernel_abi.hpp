// SPDX-License-Identifier: LGPL-2.1-or-later
// Compares what the modules of bakes import with what the target kernel exports.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/root.hpp"
#include "input/module_image.hpp"
#include "input/symvers.hpp"
#include "model/facts.hpp"

namespace gpuboot::input {

/// A bake as it was read, and what its modules say: `images` follows `fact.files`, with an empty
/// one for each file that is damaged.
struct ReadBake {
    model::BakeFact fact;
    std::vector<ModuleImage> images;
};

/// What a kernel says of itself; none of it depends on any module.
struct KernelSide {
    std::string vermagic;
    Symvers symvers;
};

KernelSide read_kernel_side(const Root& root, const std::string& kernel, const std::string& arch);

/// Fills the `symbols` of each file and tells what they were compared with; nothing where there
/// was no module to compare.
///
/// A symbol that a module of the same bake exports is not the kernel's. Of a module that depends
/// on others outside its bake, only what the kernel proper exports is compared: the rest may come
/// from a module that replaces the kernel's own.
model::KernelAbi compare_with_kernel(KernelSide kernel, std::span<ReadBake> bakes);

} // namespace gpuboot::input
