// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/failed_build.hpp"

#include <charconv>

#include "base/digest.hpp"
#include "base/document.hpp"
#include "base/names.hpp"
#include "base/sealed.hpp"
#include "input/failed_builds.hpp"
#include "input/host.hpp"

namespace gpuboot::execute {

std::string failed_inputs(const model::Marker& inputs, const source::Target& target) {
    return sha256_hex(bytes_of(inputs.id + "\n" + target.headers + "\n" + inputs.compiler + "\n" +
                               inputs.made_by + "\n"));
}

std::string failed_log_path(const std::string& id) {
    return input::failed_record_path(id) + ".log";
}

Result<void> remember_failure(const Root& root, Effects& effects, const std::string& id,
                              const std::string& inputs, const std::string& error) {
    const auto prefix = error.find(" failed: ");
    const std::string_view text = std::string_view(error).substr(0, error.find(" (log: "));
    const CompilerError first =
        parse_compiler_error(prefix == std::string::npos ? text : text.substr(prefix + 9));
    const Node record = Table{{"id", id},
                              {"inputs", inputs},
                              {"error", std::string(text)},
                              {"file", first.file},
                              {"line", first.line},
                              {"message", first.message},
                              {"boot_id", input::read_boot_id(root)}};
    if (auto made = effects.ensure_directory(names::failed_directory, 0755); !made) return made;
    return effects.replace_record(input::failed_record_path(id), seal(to_json(record, false)));
}

Result<void> forget_failure(Effects& effects, const std::string& id) {
    // The record first: a log without one says nothing to anybody.
    if (auto removed = effects.remove(input::failed_record_path(id)); !removed) return removed;
    return effects.remove(failed_log_path(id));
}

CompilerError parse_compiler_error(std::string_view text) {
    constexpr std::string_view mark = "error: ";
    CompilerError error;
    error.message = text;
    const auto at = text.find(mark);
    const auto colon = text.substr(0, at).find(':');
    if (at == std::string_view::npos || colon == std::string_view::npos) return error;
    const std::string_view rest = text.substr(colon + 1);
    const auto [end, flaw] = std::from_chars(rest.data(), rest.data() + rest.size(), error.line);
    if (flaw != std::errc() || end == rest.data() + rest.size() || *end != ':') {
        error.line = 0;
        return error;
    }
    error.file = text.substr(0, colon);
    error.message = text.substr(at + mark.size());
    return error;
}

} // namespace gpuboot::execute
