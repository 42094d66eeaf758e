// SPDX-License-Identifier: LGPL-2.1-or-later
#include "driver/play.hpp"

#include <cstdio>
#include <functional>
#include <sstream>
#include <vector>

#include "driver/invariants.hpp"
#include "driver/operations.hpp"

namespace gpuboot::crash {

namespace {

constexpr std::size_t large = 24'000; // several blocks: a file can be torn

std::set<std::string> words(const std::string& list) {
    std::set<std::string> found;
    std::istringstream text(list == "-" ? "" : list);
    for (std::string word; std::getline(text, word, ',');)
        found.insert(word);
    return found;
}

void mark(const Tree& tree, const std::string& noted) {
    std::string ids;
    for (const std::string& id : visible(tree))
        ids += (ids.empty() ? "" : ",") + id;
    std::printf("mark %s %s\n", ids.empty() ? "-" : ids.c_str(), noted.c_str());
    std::fflush(stdout);
}

struct Step {
    std::function<Result<void>()> perform;
    std::string noted; ///< what the record says afterwards
};

std::vector<Step> steps(const Tree& tree, const std::string& round) {
    const auto commits = [&tree](const std::string& kernel, const std::string& compiler) {
        return [&tree, marker = inputs(tree, kernel, compiler)] {
            return commit(tree, marker, 2, large);
        };
    };
    const auto purges = [&tree](const std::string& kernel, const std::string& compiler) {
        return [&tree, id = inputs(tree, kernel, compiler).id] { return purge(tree, id); };
    };
    const auto notes = [&tree](const std::string& text) {
        return [&tree, text] { return note(tree, text); };
    };
    const std::string one = round + "one", two = round + "two";
    return {{notes(one), one},
            {commits(kernel, "gcc 1"), one},
            {commits(other_kernel, "gcc 1"), one},
            {purges(kernel, "gcc 1"), one},
            {notes(two), two},
            {commits(kernel, "gcc 2"), two},
            {commits(kernel, "gcc 1"), two},
            {[&tree] { return collect(tree); }, two},
            {purges(other_kernel, "gcc 1"), two},
            {[&tree] { return purge_all(tree); }, two}};
}

int play_round(const Tree& tree, const std::string& round) {
    for (const Step& step : steps(tree, round)) {
        if (const auto done = step.perform(); !done) {
            std::printf("failed %s\n", done.error().what.c_str());
            return 1;
        }
        mark(tree, step.noted);
        if (std::getchar() == EOF) return 1;
    }
    return 0;
}

} // namespace

int make(const std::string& directory) {
    const Tree tree(directory);
    tree.make();
    tree.write("/etc/gpuboot/gpuboot.toml", "schema = 1\n[store]\nkeep = 0\n");
    return 0;
}

int play(const std::string& directory) { return play_round(Tree(directory), ""); }

int loop(const std::string& directory) {
    const Tree tree(directory);
    if (!recover(tree) || !purge_all(tree)) return 1;
    std::puts("begin");
    for (int round = 0;; ++round)
        if (play_round(tree, "round" + std::to_string(round) + "-") != 0) return 1;
}

int verify(const std::string& directory, const std::string& must, const std::string& may,
           const std::string& records) {
    const Tree tree(directory);
    if (const auto done = recover(tree); !done) {
        std::printf("the recovery fails: %s\n", done.error().what.c_str());
        return 1;
    }
    std::string found = violation(tree, {words(must), words(may), {}, words(records)}, {});
    for (const char* foreign : {"/etc/foreign", "/var/lib/gpuboot/bakes/stranger/file",
                                "/var/lib/gpuboot/bakes/.unknown/file"})
        if (found.empty() && tree.read(foreign) != "not ours")
            found = std::string("V6: ") + foreign + " changed";
    if (!found.empty()) std::puts(found.c_str());
    return found.empty() ? 0 : 1;
}

} // namespace gpuboot::crash
