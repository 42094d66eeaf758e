// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/failed_build.hpp"

#include <doctest/doctest.h>

#include "base/names.hpp"
#include "execute/system_effects.hpp"
#include "fakes/temporary_root.hpp"
#include "input/failed_builds.hpp"

using namespace gpuboot;
using namespace gpuboot::execute;

namespace {

const std::string id = "1.0.0-open-6.1.0-1-0123456789ab";
const std::string error = "the compile failed: nvidia/nv-pci.c:180:9: error: too few arguments";

struct Fixture {
    fakes::TemporaryRoot tree;
    SystemEffects effects{tree.root};
    model::Pin pin{"1.0.0", model::Kind::Open, {}, {}};

    auto all(const std::string& kernel) const {
        return input::read_failed_builds(tree.root, pin, kernel);
    }
};

} // namespace

// F-65
TEST_CASE_FIXTURE(Fixture, "a failure is remembered whole, and found by driver and kernel") {
    REQUIRE(remember_failure(tree.root, effects, id, "the inputs", error));
    const auto found = input::read_failed_build(tree.root, id);
    REQUIRE(found);
    CHECK(found->inputs == "the inputs");
    CHECK(found->error == error);
    CHECK(all("6.1.0-1") == std::vector<model::FailedBuild>{{id, error}});
    CHECK(all("6.1.0").empty()); // another kernel, although the names begin alike
    pin.kind = model::Kind::Proprietary;
    CHECK(all("6.1.0-1").empty());
}

// F-65
TEST_CASE_FIXTURE(Fixture, "forgotten, nothing is left, the log neither") {
    REQUIRE(remember_failure(tree.root, effects, id, "i", error));
    tree.write(failed_log_path(id), "log");
    REQUIRE(forget_failure(effects, id));
    CHECK(tree.root.list(names::failed_directory)->empty());
    CHECK(forget_failure(effects, id));
}

TEST_CASE_FIXTURE(Fixture, "a record that does not prove itself counts as absent") { // F-31
    REQUIRE(remember_failure(tree.root, effects, id, "i", error));
    std::string text = tree.read(input::failed_record_path(id));
    for (const std::string& other :
         {text.substr(0, text.size() / 2), std::string(), std::string("{}\n"), text + " "}) {
        tree.write(input::failed_record_path(id), other);
        CHECK_FALSE(input::read_failed_build(tree.root, id));
    }
    // Nor does one under another's name.
    tree.write(input::failed_record_path("1.0.0-open-6.1.0-1-ffffffffffff"), text);
    CHECK(all("6.1.0-1").empty());
}

// F-77
TEST_CASE("other headers, another compiler or another gpuboot are other inputs") {
    model::Marker marker;
    marker.id = id;
    source::Target target;
    const std::string before = failed_inputs(marker, target);
    target.headers = "other";
    CHECK(failed_inputs(marker, target) != before);
    target.headers = "";
    marker.compiler = "gcc 13";
    CHECK(failed_inputs(marker, target) != before);
    marker.compiler = "";
    marker.made_by = "gpuboot 9";
    CHECK(failed_inputs(marker, target) != before);
}

TEST_CASE("a compiler's error is told in its parts") {
    const auto error = parse_compiler_error("nvidia/nv-pci.c:180:9: error: too few arguments");
    CHECK(error.file == "nvidia/nv-pci.c");
    CHECK(error.line == 180);
    CHECK(error.message == "too few arguments");
    for (const char* text : {"", ":", "gcc: fatal error: no input", "a.c:x: error: b", "no colon",
                             "a.c:99999999999999: error: b", "error: ", "a:1"})
        CHECK(parse_compiler_error(text).file == "");
}
