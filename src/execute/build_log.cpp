// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/build_log.hpp"

#include <algorithm>

namespace gpuboot::execute {

namespace {

constexpr std::size_t half = (std::size_t{2} << 20) - (std::size_t{8} << 10); // and a line

void keep_first(std::string& kept, std::string_view line, bool matches) {
    if (matches && kept.empty()) kept = line;
}

/// "file:line: error: text" or "gcc: fatal error: text".
bool is_compiler_error(std::string_view line) {
    return line.contains(": error: ") || line.contains(": fatal error: ");
}

bool is_memory_shortage(std::string_view line) {
    return line.contains("Cannot allocate memory") || line.contains("Killed signal terminated") ||
           line.contains("virtual memory exhausted") || line.contains("out of memory allocating");
}

/// Every other error then is only its consequence.
bool is_shortage(std::string_view line) {
    return line.contains("No space left on device") || line.contains("Disk quota exceeded") ||
           is_memory_shortage(line);
}

bool is_make_error(std::string_view line) {
    return line.starts_with("make") && line.contains(": *** ");
}

} // namespace

std::optional<std::string> compiled_object(std::string_view line) {
    constexpr std::string_view quiet = "  CC [M]  ", dependencies = "-Wp,-MMD,";
    if (line.starts_with(quiet)) return std::string(line.substr(quiet.size()));
    // Verbose: "  gcc-12 -Wp,-MMD,/path/.nv.o.d ..."; the rest may be too long to be kept.
    const auto option = line.find(dependencies);
    if (option == std::string_view::npos) return std::nullopt;
    std::string_view path = line.substr(option + dependencies.size());
    path = path.substr(0, path.find(' '));
    if (!path.ends_with(".o.d")) return std::nullopt;
    path.remove_suffix(2);
    const auto slash = path.rfind('/');
    std::string object(path.substr(0, slash + 1));
    std::string_view name = path.substr(slash + 1);
    if (name.starts_with('.')) name.remove_prefix(1);
    return object.append(name);
}

void BuildLog::add(std::string_view line) {
    keep_first(shortage_, line, is_shortage(line));
    out_of_memory_ = out_of_memory_ || is_memory_shortage(line);
    keep_first(compiler_error_, line, is_compiler_error(line));
    keep_first(modpost_error_, line, line.starts_with("ERROR: "));
    keep_first(make_error_, line, is_make_error(line) || line.starts_with("gpuboot-confine: "));
    if (line.find_first_not_of(" \t") != std::string_view::npos) last_ = line;
    std::string& into = head_.size() < half ? head_ : tail_;
    into.append(line).append("\n");
    if (tail_.size() > 2 * half) { // cut rarely, not at every line
        dropped_ += tail_.size() - half;
        tail_.erase(0, tail_.size() - half);
    }
}

void BuildLog::forget_failure() {
    out_of_memory_ = false;
    for (std::string* line : {&shortage_, &compiler_error_, &modpost_error_, &make_error_})
        line->clear();
}

std::string BuildLog::text() const {
    const std::size_t more = tail_.size() - std::min(tail_.size(), half);
    if (dropped_ + more == 0) return head_ + tail_;
    return head_ + "[... " + std::to_string(dropped_ + more) + " bytes left out ...]\n" +
           tail_.substr(more);
}

std::string BuildLog::failure() const {
    for (const std::string* line : {&shortage_, &compiler_error_, &modpost_error_, &make_error_})
        if (!line->empty()) return presentable(*line);
    return last();
}

std::string BuildLog::presentable(std::string line) const {
    const std::string prefix = directory_ + "/";
    for (auto at = line.find(prefix); at != std::string::npos; at = line.find(prefix, at))
        line.erase(at, prefix.size());
    line.resize(std::min<std::size_t>(line.size(), 400));
    std::ranges::replace_if(
        line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
    return line.empty() ? "it printed nothing" : line;
}

} // namespace gpuboot::execute
