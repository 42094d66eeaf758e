// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/marker.hpp"

#include <limits>

#include "base/fields.hpp"

namespace gpuboot::input {

namespace {

using namespace model;

std::string quoted(const std::string& text) { return "\"" + text + "\""; }

/// "modules/NAME.ko" and nothing that could lead elsewhere (F-112).
bool is_module_path(std::string_view path) {
    constexpr std::string_view folder = "modules/", ending = ".ko";
    return path.starts_with(folder) && path.ends_with(ending) &&
           path.size() > folder.size() + ending.size() &&
           is_source_name(path.substr(folder.size(), path.size() - folder.size() - ending.size()));
}

std::string checked(Fields& fields, std::string_view key, bool (*grammar)(std::string_view),
                    std::string_view wanted) {
    std::string text = fields.text(key);
    if (!text.empty() && !grammar(text)) fields.refuse(key, wanted, quoted(text));
    return text;
}

MarkerModule read_module(Fields& fields) {
    MarkerModule module;
    module.name = checked(fields, "name", is_source_name, "a module's name");
    module.path = checked(fields, "path", is_module_path, "modules/NAME.ko");
    module.size = static_cast<std::uint64_t>(fields.number("size", 1, std::int64_t{1} << 30));
    module.sha256 = checked(fields, "sha256", is_sha256, "64 lower-case hex digits");
    module.vermagic = fields.text("vermagic");
    module.srcversion = fields.optional_text("srcversion").value_or("");
    module.depends = fields.optional_texts("depends").value_or(std::vector<std::string>{});
    for (const std::string& name : module.depends)
        if (!is_source_name(name)) fields.refuse("depends", "names of modules", quoted(name));
    return module;
}

} // namespace

Reading<Marker> parse_marker(const std::string& file, std::string_view id, std::string_view text) {
    if (text.starts_with("\xef\xbb\xbf"))
        return {std::nullopt, file + ": begins with a byte order mark"};
    if (text.find('\0') != std::string_view::npos)
        return {std::nullopt, file + ": holds a NUL byte"};
    if (text.find('\r') != std::string_view::npos)
        return {std::nullopt, file + ": holds a carriage return"};
    if (!text.ends_with('\n')) return {std::nullopt, file + ": wanted a newline at its end"};
    auto document = parse_toml(text);
    if (!document) return {std::nullopt, file + ": " + document.error().what};

    Fields fields(file, *document);
    fields.number("format", marker_format, marker_format);
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
    if (auto flaw = fields.flaw()) return {std::nullopt, *flaw};
    return {marker, ""};
}

} // namespace gpuboot::input
