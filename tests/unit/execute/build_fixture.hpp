// SPDX-License-Identifier: LGPL-2.1-or-later
// A source, a target and a compile that is played. Needs root: the copy of the source is handed to
// another user.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "execute/build.hpp"
#include "execute/system_effects.hpp"
#include "fakes/module_image.hpp"
#include "fakes/recording_effects.hpp"
#include "fakes/temporary_root.hpp"

namespace gpuboot::tests {

using namespace execute;

inline const bool not_root = ::geteuid() != 0;
inline const std::string area = "/var/lib/gpuboot/build/the-id";
inline const std::string source_tree = "/usr/src/drv-1.0.0";

struct BuildFixture {
    fakes::TemporaryRoot tree;
    SystemEffects real{tree.root};
    fakes::RecordingEffects effects{real};
    source::Recipe recipe;
    source::Target target{"6.1.0-1", "x86_64", "",
                          "",        "",       {"/usr/bin/gcc-12", "", "/usr/bin/strip", {}}};
    Confinement confinement{"/libexec/confine", "/the/root", {1234, 1235}, false, "a test"};
    std::vector<Progress> progress;
    bool ask_anew = false;

    BuildFixture() {
        tree.write(source_tree + "/m.c", "int m;\n");
        tree.write(source_tree + "/sub/script", "#!/bin/sh\n");
        ::chmod(tree.outside(source_tree + "/sub/script").c_str(), 0755);
        recipe.name = "drv";
        recipe.version = "1.0.0";
        recipe.make = "make -j$parallel_jobs modules";
        recipe.modules = {{"m", ""}};
        recipe.tree = *source::list_tree(tree.root, source_tree);
        recipe.sha256 = *source::digest_tree(tree.root, recipe.tree);
        effects.on_run = [this](const Tool& tool) { return make(tool); };
    }

    /// What the compile does; replaced by the cases.
    std::function<ToolResult(const Tool&)> compile = [this](const Tool& tool) {
        tool.on_line(" CONFTEST: a_question");
        tool.on_line("  CC [M]  " + area + "/tree/m.o");
        tool.on_line("  CC [M]  " + area + "/tree/m.mod.o");
        tree.write(area + "/tree/m.ko", fakes::module_image("m", "6.1.0-1"));
        return ToolResult{};
    };

    Result<Built> run() {
        return build(tree.root, effects,
                     {"the-id", recipe, target, confinement, std::chrono::seconds(60),
                      [this](const Progress& now) { progress.push_back(now); }, Compression::None,
                      ask_anew});
    }

    std::string flaw() {
        const auto built = run();
        return built ? "" : built.error().what;
    }

    bool scratch_is_gone() const { return tree.root.list("/var/lib/gpuboot/build")->empty(); }

  private:
    Result<ToolResult> make(const Tool& tool) {
        const bool strips = std::ranges::find(tool.argv, "/usr/bin/strip") != tool.argv.end();
        return strips ? ToolResult{} : compile(tool);
    }
};

} // namespace gpuboot::tests
