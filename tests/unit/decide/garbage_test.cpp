// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/garbage.hpp"

#include <doctest/doctest.h>

using namespace gpuboot;
using decide::garbage;

namespace {

using Ids = std::vector<std::string>;

decide::Store store(std::vector<decide::StoredBake> bakes) {
    return {std::move(bakes), {"k1"}, ""};
}

} // namespace

TEST_CASE("a bake of a kernel that is gone goes; within the bounds nothing else does") {
    const auto few = store({{"a-old", "k0", true, false, 10}, {"b-fit", "k1", true, false, 10}});
    CHECK(garbage(few, {3, 100}) == Ids{"a-old"});
}

TEST_CASE("within the bounds what is installed stays, beyond them the least useful goes first") {
    const auto many = store({{"a-old", "k0", false, false, 10},
                             {"b-unfit", "k1", false, false, 10},
                             {"c-fit", "k1", true, false, 10},
                             {"d-fit", "k1", true, false, 10}});
    CHECK(garbage(many, {2, 100}) == Ids{"a-old"});
    CHECK(garbage(many, {1, 100}) == Ids{"a-old", "b-unfit"});
    CHECK(garbage(many, {0, 100}) == Ids{"a-old", "b-unfit", "c-fit"});
    CHECK(garbage(many, {3, 25}) == Ids{"a-old", "b-unfit"});
}

TEST_CASE("what a boot may need stays, whatever the bounds say") {
    auto needed = store({{"a", "k1", false, true, 10},  // last good of an installed kernel
                         {"b", "k2", true, false, 10},  // the only one that fits k2
                         {"c", "k0", false, false, 10}, // active
                         {"d", "k1", true, false, 10}});
    needed.kernels = {"k1", "k2"};
    needed.active = "c";
    CHECK(garbage(needed, {0, 0}).empty());
    needed.kernels = {"k1"};
    CHECK(garbage(needed, {0, 0}) == Ids{"b"});
}

TEST_CASE("while nothing fits an installed kernel, nothing goes") {
    auto lost = store({{"a", "k0", true, false, 10}, {"b", "k1", false, false, 10}});
    CHECK(garbage(lost, {0, 0}).empty());
    lost.kernels.clear();
    CHECK(garbage(lost, {0, 0}).empty());
}
