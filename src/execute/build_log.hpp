// SPDX-License-Identifier: LGPL-2.1-or-later
// Follows what a compile prints: keeps a bounded log, counts compiled files, and finds the line
// that says why it failed among the thousands that do not.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gpuboot::execute {

/// The object file that this line of kbuild's output says is being compiled, quiet ("  CC [M]
/// x.o") or verbose (the compiler's command line).
std::optional<std::string> compiled_object(std::string_view line);

class BuildLog {
  public:
    /// `directory` is taken off the front of paths in `failure`.
    explicit BuildLog(std::string directory) : directory_(std::move(directory)) {}

    void add(std::string_view line);

    /// It ran out of memory, or a part of it was killed for want of it.
    bool out_of_memory() const { return out_of_memory_; }

    /// It ran out of something: what it said after that may be wrong.
    bool ran_short() const { return out_of_memory_ || !shortage_.empty(); }

    /// A module stands on a symbol that nothing exports.
    bool misses_symbol() const { return modpost_error_.contains("undefined"); }

    /// The source itself is wrong for compiler or kernel, and nothing else went wrong before.
    bool blames_source() const {
        return shortage_.empty() && !(compiler_error_.empty() && modpost_error_.empty());
    }

    /// For another try: what failed before is told no more, and kept in the log.
    void forget_failure();

    /// At most 4 MiB: head and tail, with a line in between that says how much is missing.
    std::string text() const;

    /// What the machine ran out of; else the first compiler error ("nvidia/nv.c:12:3: error:
    /// ..."), else what modpost or make complained of, else the last line; control characters
    /// replaced.
    std::string failure() const;

    /// The last line that was not blank, made presentable the same way.
    std::string last() const { return presentable(last_); }

  private:
    std::string presentable(std::string line) const;

    std::string directory_;
    std::string head_, tail_;
    std::size_t dropped_ = 0;
    bool out_of_memory_ = false;
    std::string shortage_, compiler_error_, modpost_error_, make_error_, last_;
};

} // namespace gpuboot::execute
