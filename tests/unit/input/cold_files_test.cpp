// SPDX-License-Identifier: LGPL-2.1-or-later
// The bundled userspace of a bake on disk: looked at by a boot, read by nobody who waits.
#include "input/cold_files.hpp"

#include <doctest/doctest.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "unit/input/bundling_bake.hpp"

using namespace gpuboot;
using tests::BundlingBake;

namespace {

model::BakeFact look(const BundlingBake& bake) {
    auto reading = input::read_store(bake.tree.root, bake.wanted());
    REQUIRE(reading.bakes.size() == 1);
    return reading.bakes.front();
}

/// How often a file in the bake's lib folder was opened or read since `watch` began.
std::size_t openings(int watch) {
    alignas(inotify_event) std::array<char, 16384> buffer{};
    std::size_t count = 0;
    for (;;) {
        const ssize_t got = ::read(watch, buffer.data(), buffer.size());
        if (got <= 0) return count;
        for (ssize_t at = 0; at < got; ++count) {
            const auto* event = reinterpret_cast<const inotify_event*>(buffer.data() + at);
            at += static_cast<ssize_t>(sizeof *event + event->len);
        }
    }
}

} // namespace

TEST_CASE("every file is looked at: size, target, owner") {
    const BundlingBake bake;
    const auto fact = look(bake);
    REQUIRE_MESSAGE(fact.marker.value, fact.marker.flaw);
    REQUIRE(fact.cold.size() == 3);
    CHECK(fact.cold[0] == model::ColdFile{"lib/libcuda.so.535.261.03", true, "", "", "", 7});
    CHECK(fact.cold[1].target == "libcuda.so.535.261.03");
    CHECK(fact.stamps.size() == 64);
    CHECK(fact.unsafe == "");
}

TEST_CASE("no library is opened on the boot path, every one when nobody waits") {
    const BundlingBake bake;
    const Fd watch(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    for (const char* folder : {"lib", "bin"})
        REQUIRE(::inotify_add_watch(watch.get(), bake.outside(folder).c_str(),
                                    IN_OPEN | IN_ACCESS) >= 0);
    const auto fact = look(bake);
    CHECK(openings(watch.get()) == 0);
    CHECK_FALSE(input::read_cold_files(
        bake.tree.root, bake.path("").erase(bake.path("").size() - 1), *fact.marker.value));
    CHECK(openings(watch.get()) >= 4); // two files, each opened and read
}

TEST_CASE("what is wrong with a file is told") { // F-31 F-112 F-115
    const BundlingBake bake;
    const std::string library = bake.outside("lib/libcuda.so.535.261.03");
    const auto first = [&] { return look(bake).cold[0]; };
    SUBCASE("missing") {
        std::filesystem::remove(library);
        CHECK_FALSE(first().present);
    }
    SUBCASE("another size") {
        bake.tree.write(bake.path("lib/libcuda.so.535.261.03"), "other library");
        CHECK(first().size == 13);
    }
    SUBCASE("a symlink in its place") {
        std::filesystem::remove(library);
        bake.tree.link(bake.path("lib/libcuda.so.535.261.03"), "/etc/shadow");
        CHECK(first().target == "/etc/shadow");
    }
    SUBCASE("a folder in its place") {
        std::filesystem::remove(library);
        std::filesystem::create_directory(library);
        CHECK(first().flaw == "a directory");
    }
    SUBCASE("writable by others") {
        REQUIRE(::chmod(library.c_str(), 0666) == 0);
        CHECK(first().unsafe == "mode 0666");
    }
    SUBCASE("in a folder that others may write") {
        REQUIRE(::chmod(bake.outside("lib").c_str(), 0777) == 0);
        CHECK(look(bake).unsafe == "lib: mode 0777");
    }
}

TEST_CASE("the stamps change with any file, and with a copy of the same bytes") {
    const BundlingBake bake;
    const auto before = look(bake);
    CHECK(look(bake).stamps == before.stamps);
    bake.tree.write(bake.path("lib/libcuda.so.535.261.03.new"), "library");
    std::filesystem::rename(bake.outside("lib/libcuda.so.535.261.03.new"),
                            bake.outside("lib/libcuda.so.535.261.03"));
    const auto after = look(bake);
    CHECK(after.cold == before.cold);
    CHECK(after.stamps != before.stamps);
}

TEST_CASE("damage is found by digest, with the file's name") { // F-31
    const BundlingBake bake;
    const auto marker = *look(bake).marker.value;
    bake.tree.write(bake.path("lib/libcuda.so.535.261.03"), "Library");
    CHECK(look(bake).cold[0].size == marker.bundled[0].size);
    std::string folder = bake.path("");
    folder.pop_back();
    const auto damage = input::read_cold_files(bake.tree.root, folder, marker);
    REQUIRE(damage);
    CHECK(damage->path == "lib/libcuda.so.535.261.03");
    CHECK(damage->wanted == marker.bundled[0].sha256);
    CHECK(damage->found == sha256_hex(bytes_of("Library")));
}
