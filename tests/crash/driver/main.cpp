// SPDX-License-Identifier: LGPL-2.1-or-later
// crash-driver: does to a tree what gpuboot does, for the harnesses in tests/crash.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "driver/play.hpp"
#include "driver/sweep.hpp"

int main(int count, char** words) {
    const std::vector<std::string> arguments(words + 1, words + count);
    using namespace gpuboot;
    if (arguments.size() == 5 && arguments[0] == "sweep")
        return crash::sweep({arguments[1], static_cast<unsigned>(std::atoi(words[3])),
                             static_cast<unsigned>(std::atoi(words[4])), arguments[4] == "whole"});
    if (arguments.size() == 2 && arguments[0] == "make") return crash::make(arguments[1]);
    if (arguments.size() == 2 && arguments[0] == "play") return crash::play(arguments[1]);
    if (arguments.size() == 2 && arguments[0] == "loop") return crash::loop(arguments[1]);
    if (arguments.size() == 5 && arguments[0] == "verify")
        return crash::verify(arguments[1], arguments[2], arguments[3], arguments[4]);
    std::fputs("wanted: sweep SCRATCH SHARD SHARDS some|whole | make ROOT | play ROOT |\n"
               "  loop ROOT | verify ROOT MUST MAY RECORDS\n",
               stderr);
    return 2;
}
