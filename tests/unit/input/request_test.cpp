// SPDX-License-Identifier: LGPL-2.1-or-later
// A request comes from an unprivileged user: everything about it is distrusted. // F-105
#include "input/request.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fakes/temporary_root.hpp"
#include "report/job_record.hpp"

using namespace gpuboot;
using fakes::TemporaryRoot;

namespace {

constexpr const char* path = "/run/gpuboot/want/7.toml";
constexpr uid_t writer = 4242;

Result<model::Job> read(const std::string& text) {
    const TemporaryRoot tree;
    tree.write(path, text);
    return input::read_request(tree.root, path, writer);
}

std::string flaw_of(const std::string& text) {
    const auto job = read(text);
    return job ? "none" : job.error().what;
}

} // namespace

TEST_CASE("what the daemon writes is what the phase reads") {
    for (model::Verb verb : model::verbs)
        for (bool force : {false, true}) {
            model::Job job;
            job.id = 4'294'967'295;
            job.request = {verb, force};
            const auto back = read(report::request_text(job));
            REQUIRE_MESSAGE(back, back.error().what);
            CHECK((*back == job));
        }
}

TEST_CASE("the grammar is closed") { // F-54 F-99
    const std::string head = "schema = 1\nverb = \"check\"\njob = 7\n";
    CHECK(flaw_of(head) == "none");
    CHECK(flaw_of("").contains("schema: wanted"));
    CHECK(flaw_of("schema = 2\nverb = \"check\"\njob = 7\n").contains("schema: wanted"));
    CHECK(flaw_of("schema = 1\nverb = \"purge\"\njob = 7\n").contains("verb: wanted \"check\""));
    CHECK(flaw_of("schema = 1\nverb = \"check\"\n").contains("job: wanted"));
    CHECK(flaw_of("schema = 1\nverb = \"check\"\njob = -1\n").contains("job: wanted"));
    CHECK(flaw_of("schema = 1\nverb = \"check\"\njob = 4294967296\n").contains("job: wanted"));
    CHECK(flaw_of(head + "force = \"yes\"\n").contains("force: wanted true or false"));
    CHECK(flaw_of(head + "path = \"/etc/shadow\"\n") ==
          std::string(path) + ":4: path: unknown key");
    CHECK(flaw_of(head + "units = [\"x.service\"]\n").contains("unknown key"));
    CHECK(flaw_of("garbage").starts_with(path));
    CHECK(flaw_of(std::string(4000, '[')).starts_with(path));
}

TEST_CASE("more than 4 KiB is refused") { // F-53 F-105
    CHECK(flaw_of(std::string(4097, '#')).contains("larger than 4096 bytes"));
}

TEST_CASE("what is no regular file is refused, and never waited for") { // F-49 F-105
    const TemporaryRoot tree;
    tree.write("/run/gpuboot/want/other", "schema = 1\nverb = \"check\"\njob = 7\n");
    const auto error = [&] { return input::read_request(tree.root, path, writer).error().what; };
    SUBCASE("symlink") {
        tree.link(path, "other");
        CHECK(error().contains(path));
    }
    SUBCASE("FIFO") {
        REQUIRE(::mkfifo(tree.outside(path).c_str(), 0666) == 0);
        CHECK(error() == std::string(path) + ": wanted a regular file, found a FIFO");
    }
    SUBCASE("directory") {
        REQUIRE(::mkdir(tree.outside(path).c_str(), 0777) == 0);
        CHECK(error().ends_with("found a directory"));
    }
    SUBCASE("gone") { CHECK(error().contains("No such file")); }
}

TEST_CASE("only root and the daemon are believed") { // F-55 F-105
    REQUIRE_MESSAGE(::geteuid() == 0, "this test gives files away: run it as root");
    const TemporaryRoot tree;
    tree.write(path, "schema = 1\nverb = \"check\"\njob = 7\n");
    CHECK(input::read_request(tree.root, path, writer));
    REQUIRE(::chown(tree.outside(path).c_str(), writer, writer) == 0);
    CHECK(input::read_request(tree.root, path, writer));
    REQUIRE(::chown(tree.outside(path).c_str(), writer + 1, 0) == 0);
    const auto refused = input::read_request(tree.root, path, writer);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().what ==
          std::string(path) + ": wanted owner root or gpuboot, found uid 4243");
}
