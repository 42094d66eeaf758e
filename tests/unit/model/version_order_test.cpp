// SPDX-License-Identifier: LGPL-2.1-or-later
#include "model/version_order.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using gpuboot::model::compare_versions;

TEST_CASE("kernels come in the order of the Version Format Specification") {
    // UAPI.10, "Examples", and releases of distributions; each is older than the next.
    const std::vector<std::string> rising{
        "~1",         "",      "1~rc1",     "1",       "1-1",    "1-2",     "1^",    "1.1",
        "11",         "122.1", "123~rc1-1", "123",     "123-a",  "123-a.1", "123-3", "123-3.1",
        "123^patch1", "123^1", "123.a-1",   "123.1-1", "123a-1", "124-1"};
    for (std::size_t at = 1; at < rising.size(); ++at) {
        CAPTURE(rising[at]);
        CHECK(compare_versions(rising[at - 1], rising[at]) < 0);
        CHECK(compare_versions(rising[at], rising[at - 1]) > 0);
    }
    CHECK(compare_versions("6.1.0-9-amd64", "6.1.0-50-amd64") < 0);
    CHECK(compare_versions("6.1.0-050", "6.1.0-50") == 0);
    CHECK(compare_versions("5.14.0-427.el9", "5.14.0-1000.el9") < 0);
    CHECK(compare_versions("6_1", "61") != 0);
}
