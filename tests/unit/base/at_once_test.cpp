// SPDX-License-Identifier: LGPL-2.1-or-later
#include "base/at_once.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <latch>
#include <stdexcept>
#include <vector>

using namespace gpuboot;

TEST_CASE("each piece of work is done once") {
    for (const std::size_t count : {0, 1, 2, 1000}) {
        std::vector<int> done(count);
        at_once(count, [&](std::size_t i) { ++done[i]; });
        CHECK(done == std::vector<int>(count, 1));
    }
}

TEST_CASE("two workers work at the same time") {
    std::latch both(2);
    at_once(2, [&](std::size_t) { both.arrive_and_wait(); }, 2); // one alone would wait for ever
    CHECK(both.try_wait());
}

TEST_CASE("what the work throws is thrown, after the rest has ended") {
    std::vector<int> done(8);
    const auto work = [&](std::size_t i) {
        if (i == 0) throw std::runtime_error("broken");
        ++done[i];
    };
    CHECK_THROWS_WITH(at_once(8, work, 2), "broken");
    CHECK(done == std::vector<int>{0, 1, 1, 1, 1, 1, 1, 1});
}
