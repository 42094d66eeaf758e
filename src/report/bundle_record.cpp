// SPDX-License-Identifier: LGPL-2.1-or-later
#include "report/bundle_record.hpp"

#include <algorithm>
#include <limits>

#include "base/digest.hpp"
#include "report/table_parts.hpp"

namespace gpuboot::report {

namespace {

using namespace model;

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

Table record_of_bundled(const BundledFile& file) {
    Table table{{"path", file.path}};
    put(table, "target", file.target);
    if (!file.target.empty()) return table;
    table.push_back({"size", static_cast<std::int64_t>(file.size)});
    put(table, "sha256", file.sha256);
    put(table, "soname", file.soname);
    return table;
}

Table record_of_cold(const ColdFile& file) {
    Table table{{"path", file.path}};
    if (!file.present) table.push_back({"present", false});
    put(table, "flaw", file.flaw);
    put(table, "unsafe", file.unsafe);
    table.push_back({"target", file.target.empty() ? "none" : file.target});
    table.push_back({"size", static_cast<std::int64_t>(file.size)});
    return table;
}

BundledFile read_bundled(Fields& fields) {
    BundledFile file;
    file.path = fields.text("path");
    file.target = text_or_empty(fields, "target");
    if (!file.target.empty()) return file;
    file.size = static_cast<std::uint64_t>(fields.optional_number("size", 0, most).value_or(1));
    file.sha256 = fields.optional_text("sha256").value_or(sha256_hex(bytes_of(file.path)));
    file.soname = text_or_empty(fields, "soname");
    return file;
}

std::vector<BundledFile> usual_bundle(const std::string& version) {
    std::vector<BundledFile> files;
    const auto add = [&](const std::string& path, const std::string& soname) {
        files.push_back({path, "", 1, sha256_hex(bytes_of(path)), soname});
    };
    add("firmware/nvidia/" + version + "/gsp_tu10x.bin", "");
    for (const std::string name : {"libcuda.so", "libnvidia-ml.so"}) {
        add("lib/" + name + "." + version, name + ".1");
        files.push_back({"lib/" + name + ".1", name + "." + version, 0, "", ""});
    }
    return files;
}

ColdFile intact_file(const BundledFile& file) {
    return {file.path, true, "", "", file.target, file.size};
}

ColdFile read_cold_file(Fields& fields, const std::vector<BundledFile>& bundled) {
    const std::string path = fields.text("path");
    const auto wanted = std::ranges::find(bundled, path, &BundledFile::path);
    ColdFile file = intact_file(wanted == bundled.end() ? BundledFile{} : *wanted);
    file.path = path;
    file.present = fields.optional_flag("present").value_or(true);
    file.flaw = text_or_empty(fields, "flaw");
    file.unsafe = text_or_empty(fields, "unsafe");
    file.target = fields.optional_text("target").value_or(file.target);
    if (file.target == "none") file.target.clear();
    file.size = static_cast<std::uint64_t>(
        fields.optional_number("size", 0, most).value_or(static_cast<std::int64_t>(file.size)));
    return file;
}

} // namespace

void put_bundle(Table& table, const Marker& marker) {
    const std::string& sha256 = marker.userspace_sha256;
    table.push_back({"userspace_sha256", sha256.empty() ? "none" : sha256});
    put(table, "bundled", marker.bundled, record_of_bundled);
}

void put_active_bundle(Table& table, const Facts& facts) {
    put(table, "firmware_path", facts.companions.firmware_path);
    if (!facts.companions.cached.empty()) put(table, "cached", facts.companions.cached);
    if (!facts.active_libraries.empty()) put(table, "active_libraries", facts.active_libraries);
    if (facts.loader_pending) table.push_back({"loader_pending", true});
}

void read_active_bundle(Fields& fields, Facts& facts) {
    const auto texts = [&](std::string_view key) {
        return fields.optional_texts(key).value_or(std::vector<std::string>{});
    };
    facts.companions.firmware_path = text_or_empty(fields, "firmware_path");
    facts.companions.cached = texts("cached");
    facts.active_libraries = texts("active_libraries");
    facts.loader_pending = fields.optional_flag("loader_pending").value_or(false);
}

void put_cold(Table& table, const BakeFact& bake) {
    put(table, "cold", bake.cold, record_of_cold);
    put(table, "stamps", bake.stamps);
}

void read_bundle(Fields& fields, const Pin& pin, Marker& marker) {
    const std::string pinned = pin.userspace ? pin.userspace->sha256 : "none";
    marker.userspace_sha256 = fields.optional_text("userspace_sha256").value_or(pinned);
    if (marker.userspace_sha256 == "none") marker.userspace_sha256.clear();
    marker.bundled = read_each(fields, "bundled", read_bundled);
    if (marker.bundled.empty() && !marker.userspace_sha256.empty())
        marker.bundled = usual_bundle(marker.driver_version);
}

void read_cold(Fields& fields, bool intact, BakeFact& bake) {
    const auto bundled = bake.marker.value ? bake.marker.value->bundled : Marker{}.bundled;
    bake.stamps = text_or_empty(fields, "stamps");
    bake.cold =
        read_each(fields, "cold", [&](Fields& file) { return read_cold_file(file, bundled); });
    if (!intact) return;
    const auto listed = std::move(bake.cold);
    bake.cold.clear();
    for (const BundledFile& file : bundled) {
        const auto said = std::ranges::find(listed, file.path, &ColdFile::path);
        bake.cold.push_back(said == listed.end() ? intact_file(file) : *said);
    }
}

} // namespace gpuboot::report
