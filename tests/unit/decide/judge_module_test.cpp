// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/judge_module.hpp"

#include <doctest/doctest.h>

#include "unit/decide/machines.hpp"

using namespace gpuboot;
using namespace gpuboot::model;

namespace {

struct Case {
    Facts facts = tests::fitting_machine();
    FileFact& file = facts.bakes.front().files.front();

    std::string judged() {
        const auto& wanted = facts.bakes.front().marker.value->modules.front();
        const auto reason = decide::judge_module(facts, "b/nvidia.ko", wanted, file);
        return reason ? std::string(name_of(*reason)) : "";
    }
};

} // namespace

TEST_CASE("a module that is as its marker says fits") { CHECK(Case().judged() == ""); }

TEST_CASE("shape and name, srcversion and needs are the marker's") { // S1-20
    Case shape, name, source, needs;
    shape.file.malformed = "no ELF file";
    CHECK(shape.judged() == "module_malformed");
    name.file.name = "nouveau";
    CHECK(name.judged() == "module_malformed");
    source.file.srcversion = "ABC";
    CHECK(source.judged() == "srcversion_differs");
    needs.file.depends = {"drm"};
    CHECK(needs.judged() == "depends_differ");
}

TEST_CASE("the release word counts only where CRCs tell nothing") { // F-35
    Case other;
    other.file.vermagic = "6.1.0-49-cloud-amd64 SMP mod_unload";
    CHECK(other.judged() == "vermagic_differs");
    other.file.symbols.compared = 315;
    CHECK(other.judged() == "");
    other.file.symbols.differing = {{"module_layout", "0x1", "0x2"}};
    CHECK(other.judged() == "symbols_differ");
}

TEST_CASE("the words behind the release are this kernel's, to the letter") { // F-37
    Case words;
    words.facts.abi.vermagic = "6.1.0-50-cloud-amd64 SMP mod_unload";
    CHECK(words.judged() == "");
    words.facts.abi.vermagic = "6.1.0-50-cloud-amd64 SMP preempt mod_unload";
    CHECK(words.judged() == "vermagic_differs");
    words.file.symbols.compared = 315; // CRCs do not excuse them
    CHECK(words.judged() == "vermagic_differs");
    words.facts.abi.vermagic = "";
    CHECK(words.judged() == "");
    words.file.vermagic = words.facts.host.kernel; // no words at all
    CHECK(words.judged() == "");
    words.facts.abi.vermagic = "6.1.0-50-cloud-amd64 SMP";
    CHECK(words.judged() == "vermagic_differs");
}

TEST_CASE("at most five symbols are named, the rest counted") { // F-36
    Case many;
    many.file.symbols.compared = 315;
    for (int i = 0; i < 128; ++i)
        many.file.symbols.differing.push_back(
            {"s" + std::to_string(i), "0x1", i == 1 ? "" : "0x2"});
    const auto& wanted = many.facts.bakes.front().marker.value->modules.front();
    const auto reason = decide::judge_module(many.facts, "b/nvidia.ko", wanted, many.file);
    REQUIRE(reason);
    CHECK(reason->found == "128 of 315 symbols differ: s0 (0x1, here 0x2), s1 (0x1, not exported), "
                           "s2 (0x1, here 0x2), s3 (0x1, here 0x2), s4 (0x1, here 0x2) and 123 "
                           "more");
}
