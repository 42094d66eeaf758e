// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/failed_builds.hpp"

#include "base/document.hpp"
#include "base/names.hpp"
#include "base/sealed.hpp"

namespace gpuboot::input {

namespace {

constexpr std::size_t record_limit = std::size_t{16} << 10;
constexpr std::size_t id_digits = 12;

} // namespace

std::string failed_record_path(const std::string& id) {
    return std::string(names::failed_directory) + "/" + id;
}

std::optional<FailedRecord> read_failed_build(const Root& root, const std::string& id) {
    auto text = root.read_text(failed_record_path(id), record_limit);
    if (!text) return std::nullopt;
    const auto payload = unseal(*text);
    if (!payload) return std::nullopt;
    auto record = parse_json(*payload);
    if (!record || record->text("id") != id || record->text("inputs").empty() ||
        record->text("error").empty())
        return std::nullopt;
    return FailedRecord{record->text("inputs"), record->text("error")};
}

std::vector<model::FailedBuild> read_failed_builds(const Root& root, const model::Pin& pin,
                                                   const std::string& kernel) {
    std::vector<model::FailedBuild> failed;
    const std::string prefix =
        pin.version + "-" + std::string(to_text(pin.kind)) + "-" + kernel + "-";
    auto names = root.list(names::failed_directory);
    if (!names) return failed;
    for (const std::string& name : *names) {
        if (!name.starts_with(prefix) || name.size() != prefix.size() + id_digits) continue;
        if (auto record = read_failed_build(root, name))
            failed.push_back({name, std::move(record->error)});
    }
    return failed;
}

} // namespace gpuboot::input
