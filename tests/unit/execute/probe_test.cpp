// SPDX-License-Identifier: LGPL-2.1-or-later
// The real gpuboot-probe (its path is in GPUBOOT_PROBE), beside an NVML that answers as it is told
// (its folder is in GPUBOOT_NVML): no machine without a GPU has one that counts any.
#include <doctest/doctest.h>

#include <cstdlib>

#include "base/process.hpp"
#include "fakes/temporary_root.hpp"

using namespace gpuboot;

namespace {

std::string given(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : std::string(name) + " is not set";
}

ToolResult probe(std::vector<std::string> words, std::vector<std::string> environment = {}) {
    words.insert(words.begin(), given("GPUBOOT_PROBE"));
    environment.push_back("LD_LIBRARY_PATH=" + given("GPUBOOT_NVML"));
    const auto ran = run_tool({words, environment, std::chrono::seconds(10), {}});
    REQUIRE(ran);
    return *ran;
}

} // namespace

TEST_CASE("NVML that counts every GPU is content, one that counts fewer is not") {
    CHECK(probe({"nvml", "2"}, {"NVML_COUNT=2"}).succeeded());
    const auto fewer = probe({"nvml", "2"}, {"NVML_COUNT=1"});
    CHECK_FALSE(fewer.succeeded());
    CHECK(fewer.output == "NVML counts 1 GPUs, the driver serves 2\n");
}

TEST_CASE(
    "an NVML of another version than the driver is called that, with both versions") { // S4-01
    const auto ran = probe({"nvml", "1"}, {"NVML_INIT=18"});
    CHECK_FALSE(ran.succeeded());
    CHECK(ran.output.starts_with("nvmlInit: Driver/library version mismatch: NVML is of "
                                 "12.550.54.14, the driver in the kernel of "));
}

TEST_CASE(
    "a corrupted infoROM is told and is no failure; one that is not there is not told") { // N18
    const auto corrupted = probe({"nvml", "2"}, {"NVML_COUNT=2", "NVML_INFOROM=14"});
    CHECK(corrupted.succeeded());
    CHECK(corrupted.output == "inforom /dev/nvidia8: infoROM is corrupted\n");
    const auto absent = probe({"nvml", "2"}, {"NVML_COUNT=2", "NVML_INFOROM=3"});
    CHECK(absent.succeeded());
    CHECK(absent.output == "");
}

TEST_CASE("any other refusal is told in NVML's own words") {
    const auto ran = probe({"nvml", "1"}, {"NVML_INIT=9"});
    CHECK_FALSE(ran.succeeded());
    CHECK(ran.output == "nvmlInit: Driver Not Loaded\n");
}

TEST_CASE("a holder lives until it is told to end") { // P9
    const auto held =
        run_tool({{given("GPUBOOT_PROBE"), "hold"}, {}, std::chrono::milliseconds(300), {}});
    REQUIRE(held);
    CHECK(held->timed_out);
}

TEST_CASE("a node that opens, one that is not there, and a symlink") {
    const fakes::TemporaryRoot tree;
    tree.write("/node", "");
    tree.link("/link", "/dev/null");
    CHECK(probe({"open", tree.outside("/node")}).succeeded());
    const auto absent = probe({"open", tree.outside("/node"), tree.outside("/absent")});
    CHECK_FALSE(absent.succeeded());
    CHECK(absent.output == "open " + tree.outside("/absent") + ": No such file or directory\n");
    CHECK_FALSE(probe({"open", tree.outside("/link")}).succeeded());
}
