// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/build_log.hpp"

#include <doctest/doctest.h>

using namespace gpuboot::execute;

TEST_CASE("a compiled file is seen in quiet and in verbose output") {
    CHECK(compiled_object("  CC [M]  /b/tree/nvidia/nv.o") == "/b/tree/nvidia/nv.o");
    CHECK(compiled_object("   gcc-12 -Wp,-MMD,/b/tree/nvidia/.nv.o.d -nostdinc -I/usr/src") ==
          "/b/tree/nvidia/nv.o");
    CHECK(compiled_object("  gcc -Wp,-MMD,.nv.o.d") == "nv.o");
    CHECK(!compiled_object("  LD [M]  /b/tree/nvidia.ko"));
    CHECK(!compiled_object(" CONFTEST: drm_bus_present"));
    CHECK(!compiled_object("cc -Wp,-MMD,"));
    CHECK(!compiled_object(""));
}

// F-65
TEST_CASE("the first compiler error is the reason, with paths below the tree") {
    BuildLog log("/b/tree");
    log.add("make[2]: Entering directory '/x'");
    CHECK(log.failure() == "make[2]: Entering directory '/x'");
    log.add("make[3]: *** [Makefile:9: /b/tree/nvidia/nv.o] Error 1");
    log.add("ERROR: modpost: \"foo\" [/b/tree/nvidia.ko] undefined!");
    log.add("/b/tree/nvidia/nv.c:12:3: error: implicit declaration of function 'foo'");
    log.add("/b/tree/nvidia/nv.c:14:3: error: a later one");
    log.add("make: *** [Makefile:80: modules] Error 2");
    log.add("  ");
    CHECK(log.failure() == "nvidia/nv.c:12:3: error: implicit declaration of function 'foo'");
    CHECK(log.last() == "make: *** [Makefile:80: modules] Error 2");
}

TEST_CASE("without a compiler error, modpost's and make's words count") {
    BuildLog log("/b/tree");
    CHECK(log.failure() == "it printed nothing");
    log.add("make: *** No rule to make target 'modules'.  Stop.");
    CHECK(log.failure().contains("No rule to make target"));
    log.add("ERROR: modpost: \"foo\" [/b/tree/nvidia.ko] undefined!");
    CHECK(log.failure() == "ERROR: modpost: \"foo\" [nvidia.ko] undefined!");
}

// F-19, F-68
TEST_CASE("what the machine ran out of explains everything after it") {
    BuildLog log("/b/tree");
    log.add("/b/tree/a.c:1:1: error: unknown type name 'u3'");
    log.add("/b/tree/b.c:9: fatal error: error writing to /b/tmp/x.s: No space left on device");
    CHECK(log.failure().contains("No space left on device"));
}

// F-117
TEST_CASE("a hostile line reaches no terminal raw, nor at any length") {
    BuildLog log("/b/tree");
    log.add("x.c:1: error: \x1b[2J\r" + std::string(5000, 'x'));
    CHECK(log.failure().starts_with("x.c:1: error: ?[2J?xxx"));
    CHECK(log.failure().size() == 400);
}

// F-67
TEST_CASE("the log keeps head and tail and says what it left out") {
    BuildLog log("/b/tree");
    for (int i = 0; i < 3'000'000; ++i)
        log.add(std::to_string(i));
    const std::string text = log.text();
    CHECK(text.size() < (std::size_t{4} << 20));
    CHECK(text.starts_with("0\n1\n2\n"));
    CHECK(text.contains(" bytes left out ...]\n"));
    CHECK(text.ends_with("\n2999999\n"));
}
