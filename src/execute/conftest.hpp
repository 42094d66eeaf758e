// SPDX-License-Identifier: LGPL-2.1-or-later
// NVIDIA's conftest: several hundred questions to the kernel's headers, most of them a compile of
// its own, that its Kbuild asks before it compiles a driver. What make prints tells which were
// asked; each answer is a small header below the tree's conftest/, and make takes one that is there
// already, and newer than conftest.sh, as it is.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/root.hpp"
#include "execute/effects.hpp"

namespace gpuboot::execute {

/// A file below conftest/ and its content. Whoever made one may have been hostile: every one in
/// here has the shape that is_answer() demands.
using Answers = std::map<std::string, std::string>;

/// `path` is of an answer to a single question, or of what make needs beside those to take them as
/// they are (uts_release, headers.h); `text` does nothing but define NV_* as a number or a name,
/// or undefine it, and name the kernel in a comment.
bool is_answer(std::string_view path, std::string_view text);

/// How many a compile has at most; 535.261.03 asks 576 questions for all its modules.
inline constexpr std::size_t answers_limit = 4096;

/// The tree has questions to ask.
bool asks_headers(const auto& files) {
    for (const auto& file : files)
        if (file.path == "conftest.sh") return true;
    return false;
}

/// Follows the output of one run of make.
class Questions {
  public:
    /// The question that this line says is being asked; absent when it says no such thing.
    std::optional<std::string> see(std::string_view line);

    const std::set<std::string>& asked() const { return asked_; }

    /// From the start of make to the last answer; absent when make said nothing of conftest.
    std::optional<std::chrono::microseconds> probing() const;

    /// From there, or else from the start, until now.
    std::chrono::microseconds compiling() const;

    /// All that were asked have been answered: make has joined the answers.
    bool answered() const;

  private:
    using Clock = std::chrono::steady_clock;

    std::set<std::string> asked_;
    std::set<std::string, std::less<>> joined_;
    Clock::time_point begin_ = Clock::now();
    std::optional<Clock::time_point> last_;
};

/// The answers to `asked` in the untrusted tree at `path`, read as products are: regular files with
/// one link, behind no symlink. An Error when one of them is none.
Result<Answers> collect_answers(const Root& root, const std::string& path,
                                const std::set<std::string>& asked);

/// Lays answers into the tree at `path`, which is `owner`'s and nobody else can enter, after its
/// conftest.sh and in the order in which they depend on each other.
Result<void> lay_answers(Effects& effects, const std::string& path, const Answers& answers,
                         const Owner& owner);

} // namespace gpuboot::execute
