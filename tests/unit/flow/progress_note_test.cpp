// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/progress_note.hpp"

#include <doctest/doctest.h>

#include "execute/system_effects.hpp"
#include "fakes/recording_effects.hpp"
#include "fakes/temporary_root.hpp"
#include "report/progress_record.hpp"

using namespace gpuboot;

TEST_CASE("a compile's progress is a file while it lasts, and is not written for nothing") {
    const fakes::TemporaryRoot tree;
    execute::SystemEffects real(tree.root);
    fakes::RecordingEffects effects(real);
    const std::string path(names::progress);
    {
        flow::ProgressNote note(effects, "6.1");
        for (std::size_t done = 0; done <= 1000; ++done)
            note.put({"compiling", done, 1000});
        CHECK(effects.count("replace_file " + path) == 101);
        const auto told = report::progress_of(tree.read(path));
        REQUIRE_MESSAGE(told, told.error().what);
        CHECK((*told == model::Progress{"compiling", 1000, 1000, "6.1"}));
        note.put({"linking", 0, 0});
        CHECK((*report::progress_of(tree.read(path)) == model::Progress{"linking", 0, 0, "6.1"}));
    }
    CHECK_FALSE(tree.root.exists(path));
}

TEST_CASE("what is no progress is refused") { // F-54
    for (const char* text : {"", "{}", "{\"stage\": \"\", \"done\": 0, \"total\": 0}",
                             "{\"stage\": \"x\", \"done\": -1, \"total\": 0}",
                             "{\"stage\": \"x\", \"done\": 0, \"total\": 0, \"more\": 1}"})
        CHECK_MESSAGE(!report::progress_of(text), text);
}
