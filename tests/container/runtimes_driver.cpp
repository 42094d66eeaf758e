// SPDX-License-Identifier: LGPL-2.1-or-later
// runtimes_driver VERSION ROOT...: in each tree writes what gpuboot would write there for a
// containerd of that version. A container has no GPU, so no boot inside it comes to that.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "input/containerd.hpp"

int main(int argc, char** argv) {
    for (int at = 2; at < argc; ++at) {
        const std::string tree = argv[at];
        const auto root = gpuboot::Root::open(tree);
        if (!root) return 1;
        const auto facts = gpuboot::input::read_containerd(*root, [&] { return argv[1]; });
        const auto& files = facts.with_cdi.empty() ? facts.uncovered : facts.with_cdi;
        for (const auto& file : files) {
            std::filesystem::create_directories(
                std::filesystem::path(tree + file.path).parent_path());
            std::ofstream(tree + file.path) << file.text;
        }
        std::cout << tree << ": " << files.size() << " " << facts.flaw << "\n";
    }
}
