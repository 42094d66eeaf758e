// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/kernel_abi.hpp"

#include <algorithm>
#include <cstdio>
#include <unordered_set>

#include "input/kernel_vermagic.hpp"

namespace gpuboot::input {

namespace {

using model::SymbolComparison;
using SymbolNames = std::unordered_set<std::string_view>;

std::string hex(std::uint32_t crc) {
    char text[16];
    std::snprintf(text, sizeof text, "0x%08x", crc);
    return text;
}

bool any(std::span<const ReadBake> bakes, bool (*holds)(const ModuleImage&)) {
    return std::ranges::any_of(
        bakes, [&](const ReadBake& bake) { return std::ranges::any_of(bake.images, holds); });
}

bool any_module(std::span<const ReadBake> bakes) {
    return any(bakes, [](const ModuleImage& image) { return !image.name.empty(); });
}

bool any_import(std::span<const ReadBake> bakes) {
    return any(bakes, [](const ModuleImage& image) { return !image.imports.empty(); });
}

SymbolNames exports_of(const ReadBake& bake) {
    SymbolNames names;
    for (const ModuleImage& image : bake.images)
        names.insert(image.exports.begin(), image.exports.end());
    return names;
}

bool stands_alone(const ModuleImage& module, const ReadBake& bake) {
    return std::ranges::all_of(module.depends, [&](const std::string& name) {
        return std::ranges::find(bake.images, name, &ModuleImage::name) != bake.images.end();
    });
}

SymbolComparison compare(const ModuleImage& module, bool alone, const SymbolNames& of_bake,
                         const Exports& exports) {
    SymbolComparison comparison;
    for (const Import& import : module.imports) {
        if (of_bake.contains(import.symbol)) continue;
        const auto found = exports.find(import.symbol);
        const bool listed = found != exports.end();
        if (!alone && (!listed || !found->second.of_kernel)) continue;
        ++comparison.compared;
        if (listed && found->second.crc == import.crc) continue;
        comparison.differing.push_back(
            {import.symbol, hex(import.crc), listed ? hex(found->second.crc) : ""});
    }
    // It stands for the layout of struct module itself: the first thing that the kernel looks at.
    auto& differing = comparison.differing;
    const auto layout =
        std::ranges::find(differing, "module_layout", &model::SymbolDifference::symbol);
    if (layout != differing.end()) std::rotate(differing.begin(), layout, layout + 1);
    return comparison;
}

} // namespace

KernelSide read_kernel_side(const Root& root, const std::string& kernel, const std::string& arch) {
    return {read_kernel_vermagic(root, kernel, arch), read_symvers(root, kernel)};
}

model::KernelAbi compare_with_kernel(KernelSide kernel, std::span<ReadBake> bakes) {
    model::KernelAbi abi;
    if (!any_module(bakes)) return abi;
    abi.vermagic = std::move(kernel.vermagic);
    if (!any_import(bakes)) return abi; // built without modversions: there is nothing to compare
    abi.symvers = std::move(kernel.symvers.path);
    abi.symvers_flaw = std::move(kernel.symvers.flaw);
    if (abi.symvers.empty()) return abi;
    for (ReadBake& bake : bakes) {
        const SymbolNames of_bake = exports_of(bake);
        for (std::size_t i = 0; i < bake.images.size(); ++i) {
            const ModuleImage& image = bake.images[i];
            bake.fact.files[i].symbols =
                compare(image, stands_alone(image, bake), of_bake, kernel.symvers.exports);
        }
    }
    return abi;
}

} // namespace gpuboot::input
