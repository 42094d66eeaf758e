// SPDX-License-Identifier: LGPL-2.1-or-later
#include "driver/played.hpp"

#include <algorithm>
#include <sstream>

#include "base/digest.hpp"
#include "shim.h"

extern "C" {
__attribute__((weak)) extern int gpuboot_shim_paused;
__attribute__((weak)) int gpuboot_shim_call(int call);
}

namespace gpuboot::crash {

namespace {

Result<void> suffer(std::string_view name) {
    if (&gpuboot_shim_call != nullptr && gpuboot_shim_call(SHIM_KERNEL) < 0)
        return fail_errno(std::string(name));
    return {};
}

std::string without(const std::string& text, std::string_view name) {
    std::istringstream lines(text);
    std::string kept;
    for (std::string line; std::getline(lines, line);)
        if (!line.starts_with(std::string(name) + " ")) kept += line + "\n";
    return kept;
}

} // namespace

Paused::Paused() {
    if (&gpuboot_shim_paused != nullptr) ++gpuboot_shim_paused;
}

Paused::~Paused() {
    if (&gpuboot_shim_paused != nullptr) --gpuboot_shim_paused;
}

Result<void> PlayedEffects::load_module(std::string_view name, ByteView bytes) {
    if (auto suffered = suffer(name); !suffered) return suffered;
    const Paused paused;
    const std::string modules = tree_.read("/proc/modules"), module(name);
    if (modules.contains(module + " ")) return {};
    tree_.write("/proc/modules", modules + module + " 1 0 - Live 0x0000000000000000\n");
    tree_.write(loaded_digests,
                tree_.read(loaded_digests) + module + " " + sha256_hex(bytes) + "\n");
    if (name == "nvidia")
        tree_.write("/proc/driver/nvidia/version",
                    "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  1.0.0  Release\n");
    return {};
}

Result<void> PlayedEffects::unload_module(std::string_view name) {
    if (auto suffered = suffer(name); !suffered) return suffered;
    const Paused paused;
    tree_.write("/proc/modules", without(tree_.read("/proc/modules"), name));
    tree_.write(loaded_digests, without(tree_.read(loaded_digests), name));
    return {};
}

Result<void> PlayedEffects::load_system_module(std::string_view) { return {}; }

namespace {

/// What NVIDIA's Kbuild says and leaves when it asks the kernel's headers.
void ask_headers(const Tree& tree, const std::string& folder, const Tool& tool) {
    const auto answer = [&](const std::string& path, const std::string& text) {
        if (tree.read(folder + "/conftest/" + path).empty())
            tree.write(folder + "/conftest/" + path, text);
    };
    answer("uts_release", "// Kernel version: \"6.1.0-1\"\n");
    answer("header_presence/linux/of.h.part", "#define NV_LINUX_OF_H_PRESENT\n");
    answer("headers.h", "#define NV_LINUX_OF_H_PRESENT\n");
    answer("compile-tests/a_function.h", "#undef NV_A_FUNCTION\n");
    if (!tool.on_line) return;
    for (const char* line : {": linux/of.h", ": a_function", " headers.h:", " functions.h:",
                             " generic.h:", " macros.h:", " symbols.h:", " types.h:"})
        tool.on_line(std::string(" CONFTEST") + line);
}

} // namespace

Result<ToolResult> PlayedEffects::run(const Tool& tool) {
    const Paused paused;
    if (tool.argv.back() == "--version") return ToolResult{0, false, "gcc-12 12.2.0\n"};
    if (tool.argv.back() != "make") return ToolResult{};
    const auto at = std::ranges::find(tool.argv, "--directory");
    ask_headers(tree_, *(at + 1), tool);
    for (const std::string name : {"nvidia", "nvidia-uvm"}) {
        std::string word = name;
        std::ranges::replace(word, '-', '_');
        tree_.write(*(at + 1) + "/" + name + ".ko", image(word, kernel, 3000));
    }
    return ToolResult{};
}

} // namespace gpuboot::crash
