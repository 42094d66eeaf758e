// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/records.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "base/names.hpp"
#include "base/sealed.hpp"
#include "execute/record_text.hpp"
#include "fakes/temporary_root.hpp"

using namespace gpuboot;
using namespace gpuboot::model;
using fakes::TemporaryRoot;

namespace {

const std::string folder = std::string(names::records_directory) + "/";
const Trial trial{"b1", "5f1c", 2};
const BadBake bad{"b1", "6.1", "#1 SMP", "EINVAL, kernel: no", "2026-11-20 21:53 UTC"};
const GoodBake good{"6.1", "b2"};

void write(const TemporaryRoot& tree, const Record& record) {
    tree.write(folder + file_of(record), execute::text_of(record));
}

} // namespace

TEST_CASE("nothing was recorded") {
    const TemporaryRoot tree;
    tree.write("/proc/sys/kernel/random/boot_id", "5f1c\n");
    Records expected;
    expected.boot_id = "5f1c";
    CHECK(input::read_records(tree.root) == expected);
}

TEST_CASE("what was written is read") { // F-12 F-46 F-85
    const TemporaryRoot tree;
    write(tree, trial);
    write(tree, bad);
    write(tree, good);
    tree.write(std::string(names::store) + "/b1/marker.toml", "");
    const Records records = input::read_records(tree.root);
    CHECK(records.trial == trial);
    CHECK(records.bad == std::vector{bad});
    CHECK(records.good == std::vector{good});
    CHECK(records.broken.empty());
    CHECK(records.newer.empty());
}

TEST_CASE("a record of which one byte is wrong is an absent one, to be deleted") { // F-12
    const std::string text = execute::text_of(trial);
    for (std::size_t at = 0; at < text.size(); ++at) {
        std::string damaged = text;
        damaged[at] = static_cast<char>(damaged[at] ^ 1);
        bool newer = false;
        CHECK(input::parse_record("trial", damaged, newer) == std::nullopt);
        CHECK(input::parse_record("trial", text.substr(0, at), newer) == std::nullopt);
        CHECK_FALSE(newer);
    }
    const TemporaryRoot tree;
    tree.write(folder + "trial", text.substr(1));
    tree.write(folder + "last-good-6.1", "");
    REQUIRE(::mkfifo(tree.outside(folder + "last-good-6.2").c_str(), 0600) == 0);
    tree.write(folder + "bad/b1", "\n");
    const Records records = input::read_records(tree.root);
    CHECK_FALSE(records.trial);
    CHECK(records.bad.empty());
    CHECK(records.good.empty());
    CHECK(records.broken ==
          std::vector<std::string>{"last-good-6.1", "last-good-6.2", "trial", "bad/b1"});
}

TEST_CASE("what a cut write has left is deleted, what others keep there is not") { // F-12 V4
    const TemporaryRoot tree;
    tree.write(folder + ".trial.77", "");
    tree.write(folder + ".last-good-6.1.77", "");
    tree.write(folder + "bad/.b1.77", "");
    tree.write(folder + "failed/b1", "of another");
    tree.write(folder + "notes.txt", "mine");
    CHECK(input::read_records(tree.root).broken ==
          std::vector<std::string>{".last-good-6.1.77", ".trial.77", "bad/.b1.77"});
}

TEST_CASE("a record of a newer gpuboot is neither used nor deleted") { // F-146
    const TemporaryRoot tree;
    tree.write(folder + "trial", seal(R"({"format": 2, "bakes": ["b1"]})"));
    const Records records = input::read_records(tree.root);
    CHECK_FALSE(records.trial);
    CHECK(records.broken.empty());
    CHECK(records.newer == std::vector<std::string>{"trial"});
}

TEST_CASE("a record under another's name says nothing") {
    bool newer = false;
    CHECK_FALSE(input::parse_record("bad/b2", execute::text_of(bad), newer));
    CHECK_FALSE(input::parse_record("last-good-6.2", execute::text_of(good), newer));
    CHECK_FALSE(input::parse_record("trial", execute::text_of(good), newer));
    CHECK_FALSE(
        input::parse_record("trial", seal(R"({"format": 1, "bake": "b1", "more": 1})"), newer));
}

TEST_CASE("a mark goes with its bake, and holds for this boot on a disk that takes none") { // F-25
    const TemporaryRoot tree;
    write(tree, bad);
    CHECK(input::read_records(tree.root).broken == std::vector<std::string>{"bad/b1"});
    tree.write(std::string(names::vendor_store) + "/b1/marker.toml", "");
    CHECK(input::read_records(tree.root).bad.size() == 1);
    std::filesystem::remove(tree.outside(folder + "bad/b1"));
    tree.write(std::string(names::tried_directory) + "/bad/b1", execute::text_of(bad));
    CHECK(input::read_records(tree.root).bad.size() == 1);
}
