// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/marker.hpp"

#include <algorithm>
#include <limits>

#include "base/fields.hpp"

namespace gpuboot::input {

namespace {

using namespace model;

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

bool is_module_path(std::string_view path) { return module_file_of(path).has_value(); }

std::string checked(Fields& fields, std::string_view key, bool (*grammar)(std::string_view),
                    std::string_view wanted) {
    std::string text = fields.text(key);
    if (!text.empty() && !grammar(text)) fields.refuse(key, wanted, quoted(text));
    return text;
}

MarkerModule read_module(Fields& fields) {
    MarkerModule module;
    module.name = checked(fields, "name", is_source_name, "a module's name");
    module.path = checked(fields, "path", is_module_path, "modules/NAME.ko[.zst|.xz|.gz]");
    module.size = static_cast<std::uint64_t>(fields.number("size", 1, std::int64_t{1} << 30));
    module.sha256 = checked(fields, "sha256", is_sha256, "64 lower-case hex digits");
    if (fields.optional_text("pieces_sha256"))
        module.pieces_sha256 =
            checked(fields, "pieces_sha256", is_sha256, "64 lower-case hex digits");
    module.vermagic = fields.text("vermagic");
    module.srcversion = fields.optional_text("srcversion").value_or("");
    module.depends = fields.optional_texts("depends").value_or(std::vector<std::string>{});
    for (const std::string& name : module.depends)
        if (!is_source_name(name)) fields.refuse("depends", "names of modules", quoted(name));
    return module;
}

BundledFile read_bundled(Fields& fields) {
    BundledFile file;
    file.path =
        checked(fields, "path", is_bundled_path, "a path below lib, bin, firmware or share");
    if (const auto target = fields.optional_text("target")) {
        file.target = *target;
        if (!is_inner_target(file.path, file.target))
            fields.refuse("target", "a relative path that stays inside", quoted(file.target));
        return file;
    }
    file.size = static_cast<std::uint64_t>(fields.number("size", 0, std::int64_t{1} << 30));
    file.sha256 = checked(fields, "sha256", is_sha256, "64 lower-case hex digits");
    file.soname = fields.optional_text("soname").value_or("");
    return file;
}

void read_asked(Fields& fields, Marker& marker) {
    marker.asked = fields.optional_texts("asked").value_or(std::vector<std::string>{});
    for (const std::string& name : marker.asked)
        if (!is_source_name(name)) fields.refuse("asked", "names of modules", quoted(name));
}

void read_userspace(Fields& fields, Marker& marker) {
    if (!marker.asked.empty() && !fields.optional_text("userspace_sha256")) return;
    marker.userspace_sha256 =
        checked(fields, "userspace_sha256", is_sha256, "64 lower-case hex digits");
    for (Fields& file : fields.tables("file")) {
        marker.bundled.push_back(read_bundled(file));
        fields.adopt(file);
    }
    if (marker.bundled.empty()) fields.refuse("file", "at least one file", "none");
}

/// What our own format never holds, with its line; "" when it is plain text to its end.
std::string byte_flaw(const std::string& file, std::string_view text) {
    const auto at_line = [&](std::size_t offset, const char* what) {
        const auto line = 1 + std::ranges::count(text.substr(0, offset), '\n');
        return file + ":" + std::to_string(line) + ": " + what;
    };
    if (text.empty()) return at_line(0, "the file is empty");
    if (text.starts_with("\xef\xbb\xbf")) return at_line(0, "begins with a byte order mark");
    if (const auto at = text.find('\0'); at != std::string_view::npos)
        return at_line(at, "holds a NUL byte");
    if (const auto at = text.find('\r'); at != std::string_view::npos)
        return at_line(at, "holds a carriage return");
    if (!text.ends_with('\n')) return at_line(text.size(), "wanted a newline at its end");
    return "";
}

/// Of a newer gpuboot, whatever else its marker then says; 0 for any other (F-43, F-146).
int newer_format(const Node& document) {
    const Node* format = document.find("format");
    const auto* number = format ? std::get_if<std::int64_t>(&format->value) : nullptr;
    constexpr std::int64_t most = std::numeric_limits<int>::max();
    return number && *number > marker_format ? static_cast<int>(std::min(*number, most)) : 0;
}

MarkerReading flawed(std::string flaw) { return {{std::nullopt, std::move(flaw)}, 0}; }

} // namespace

MarkerReading parse_marker(const std::string& file, std::string_view id, std::string_view text) {
    if (auto flaw = byte_flaw(file, text); !flaw.empty()) return flawed(std::move(flaw));
    auto document = parse_toml(text, file);
    if (!document) return flawed(std::move(document).error().what);
    if (const int newer = newer_format(*document)) return {{}, newer};

    Fields fields(file, *document);
    const auto format = fields.number("format", 1, marker_format);
    Marker marker;
    marker.id = fields.text("id");
    if (marker.id != id)
        fields.refuse("id", "its folder's name " + quoted(std::string(id)), quoted(marker.id));
    marker.driver_version = checked(fields, "driver_version", is_version, "a driver version");
    marker.kind =
        kind_of(fields.choice("kind", {"open", "proprietary", "grid"})).value_or(Kind::Open);
    marker.kernel = checked(fields, "kernel", is_kernel_release, "a kernel release");
    marker.arch = checked(fields, "arch", is_source_name, "an architecture");
    marker.source = fields.text("source");
    marker.source_sha256 = checked(fields, "source_sha256", is_sha256, "64 lower-case hex digits");
    marker.kernel_config_sha256 =
        checked(fields, "kernel_config_sha256", is_sha256, "64 lower-case hex digits");
    marker.compiler = fields.text("compiler");
    marker.made_by = fields.text("made_by");
    for (Fields& module : fields.tables("module")) {
        marker.modules.push_back(read_module(module));
        fields.adopt(module);
    }
    if (marker.modules.empty()) fields.refuse("module", "at least one module", "none");
    if (format > 1) {
        read_asked(fields, marker);
        read_userspace(fields, marker);
    }
    if (auto flaw = fields.flaw()) return flawed(std::move(*flaw));
    return {{std::move(marker), ""}, 0};
}

} // namespace gpuboot::input
