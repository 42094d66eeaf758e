// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/conftest.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "execute/untrusted.hpp"

namespace gpuboot::execute {

namespace {

constexpr std::string_view folder = "conftest/", tests = "compile-tests/",
                           headers = "header_presence/", release = "uts_release",
                           all_headers = "headers.h";
constexpr std::size_t answer_limit = std::size_t{64} << 10;

/// What make joins the answers to: each is rebuilt from them in every compile.
constexpr std::array<std::string_view, 5> joined{"functions.h", "generic.h", "macros.h",
                                                 "symbols.h", "types.h"};

/// Looks at what another vendor installed (/usr/src/ofa_kernel), so it is asked each time.
constexpr std::string_view of_other_sources = "ib_peer_memory_symbols";

bool is_of(std::string_view text, std::string_view more) {
    return !text.empty() && std::ranges::all_of(text, [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || more.contains(c);
    });
}

/// "linux/sched/mm.h", as a question says it; never absolute, never "..".
bool is_header(std::string_view path) {
    if (path.size() > 100 || !path.ends_with(".h")) return false;
    for (;;) {
        const auto slash = path.find('/');
        const std::string_view part = path.substr(0, slash);
        if (part.starts_with('.') || !is_of(part, ".-")) return false;
        if (slash == std::string_view::npos) return true;
        path.remove_prefix(slash + 1);
    }
}

bool is_test(std::string_view name) { return name.size() <= 100 && is_of(name, ""); }

/// Make says of its checks of compiler and kernel that it asks, each time, and no file answers.
bool is_check(std::string_view question) {
    return question.ends_with("_sanity_check") || question == "cc_version_check";
}

/// Below conftest/; "" when it is no question.
std::string path_of(std::string_view question) {
    if (is_check(question)) return "";
    if (is_header(question)) return std::string(headers).append(question).append(".part");
    if (is_test(question)) return std::string(tests).append(question).append(".h");
    return "";
}

bool between(std::string_view& path, std::string_view before, std::string_view after) {
    if (!path.starts_with(before) || !path.ends_with(after)) return false;
    path.remove_prefix(before.size());
    path.remove_suffix(std::min(after.size(), path.size()));
    return true;
}

bool is_answer_path(std::string_view path) {
    if (path == release || path == all_headers) return true;
    if (between(path, tests, ".h")) return is_test(path) && path != of_other_sources;
    return between(path, headers, ".part") && is_header(path);
}

/// What uts_release says, and what is joined of it.
bool is_kernel_line(std::string_view line) {
    constexpr std::string_view words = "// Kernel version: ";
    return line.starts_with(words) && is_of(line.substr(words.size()), " .+~-\"");
}

/// "#define NV_NAME", the same with a number or a name, or "#undef NV_NAME".
bool is_definition(std::string_view line) {
    const bool defines = line.starts_with("#define NV_");
    if (!defines && !line.starts_with("#undef NV_")) return false;
    line.remove_prefix(line.find(' ') + 1);
    const auto space = line.find(' ');
    if (!is_of(line.substr(0, space), "")) return false;
    return space == std::string_view::npos || (defines && is_of(line.substr(space + 1), ""));
}

/// In the order in which one must not be older than the other.
int rank(const std::string& path) {
    if (path == release) return 0;
    if (path.starts_with(headers)) return 1;
    return path == all_headers ? 2 : 3;
}

} // namespace

bool is_answer(std::string_view path, std::string_view text) {
    if (!is_answer_path(path) || text.size() > answer_limit) return false;
    if (!text.empty() && !text.ends_with('\n')) return false;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        if (!line.empty() && !is_definition(line) && !is_kernel_line(line)) return false;
        text.remove_prefix(line.size() + 1);
    }
    return true;
}

std::optional<std::string> Questions::see(std::string_view line) {
    constexpr std::string_view word = " CONFTEST", asks = ": ";
    if (!line.starts_with(word)) return std::nullopt;
    line.remove_prefix(word.size());
    last_ = Clock::now();
    if (line.starts_with(asks)) {
        line.remove_prefix(asks.size());
        if (path_of(line).empty() || asked_.size() == answers_limit) return std::nullopt;
        return *asked_.emplace(line).first;
    }
    if (!line.starts_with(' ') || !line.ends_with(':')) return std::nullopt;
    line = line.substr(1, line.size() - 2);
    if (line == all_headers || std::ranges::find(joined, line) != joined.end())
        joined_.emplace(line);
    return std::nullopt;
}

bool Questions::answered() const {
    const auto is_joined = [this](std::string_view header) { return joined_.contains(header); };
    // Answers about headers that were kept are not joined again.
    const bool of_headers = is_joined(all_headers) || std::ranges::none_of(asked_, is_header);
    return of_headers && std::ranges::all_of(joined, is_joined);
}

std::optional<std::chrono::microseconds> Questions::probing() const {
    if (!last_) return std::nullopt;
    return std::chrono::duration_cast<std::chrono::microseconds>(*last_ - begin_);
}

std::chrono::microseconds Questions::compiling() const {
    return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() -
                                                                 last_.value_or(begin_));
}

Result<Answers> collect_answers(const Root& root, const std::string& path,
                                const std::set<std::string>& asked) {
    auto directory = root.open_at(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!directory) return forward(std::move(directory).error());
    std::set<std::string> wanted{std::string(release), std::string(all_headers)};
    for (const std::string& question : asked)
        wanted.insert(path_of(question));
    Answers answers;
    for (const std::string& name : wanted) {
        if (!is_answer_path(name)) continue;
        const std::string file = std::string(folder) + name;
        auto bytes = read_untrusted(directory->get(), file, answer_limit);
        if (!bytes) return forward(std::move(bytes).error());
        std::string text(text_of(*bytes));
        if (!is_answer(name, text)) return fail(Errc::BadInput, file + " is no answer");
        answers.emplace(name, std::move(text));
    }
    return answers;
}

Result<void> lay_answers(Effects& effects, const std::string& path, const Answers& answers,
                         const Owner& owner) {
    std::vector<const Answers::value_type*> files;
    for (const auto& answer : answers)
        files.push_back(&answer);
    std::ranges::sort(files, {}, [](const auto* file) {
        return std::pair(rank(file->first), std::string_view(file->first));
    });
    std::set<std::string> made;
    for (const auto* file : files) {
        const std::string name = std::string(folder) + file->first;
        for (auto slash = name.find('/'); slash != std::string::npos;
             slash = name.find('/', slash + 1)) {
            const std::string directory = path + "/" + name.substr(0, slash);
            if (!made.insert(directory).second) continue;
            if (auto done = effects.ensure_directory(directory, 0700); !done) return done;
            if (auto given = effects.give_away(directory, owner); !given) return given;
        }
        // Who compiles may ask again, so it must be able to write; nobody else gets here.
        if (auto laid = effects.replace_file(path + "/" + name, file->second, 0666); !laid)
            return laid;
    }
    return {};
}

} // namespace gpuboot::execute
