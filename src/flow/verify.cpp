// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/verify.hpp"

#include <syslog.h>

#include <algorithm>

#include "base/names.hpp"
#include "execute/lock.hpp"
#include "input/cold_files.hpp"
#include "input/marker.hpp"
#include "input/records.hpp"
#include "report/journal.hpp"

namespace gpuboot::flow {

namespace {

using namespace model;

constexpr std::chrono::seconds lock_deadline{20};
constexpr std::size_t marker_limit = 1 << 20;

/// As far as its userspace goes; no value when there is none to verify.
std::optional<BakeFact> look(const Root& root, const std::string& folder) {
    BakeFact bake;
    bake.id = folder.substr(folder.rfind('/') + 1);
    const std::string path = folder + "/" + std::string(names::marker_file);
    const auto text = root.read_text(path, marker_limit);
    if (!text) return std::nullopt; // of which the next check speaks
    bake.marker = input::parse_marker(path, bake.id, *text);
    if (!bake.marker.value || bake.marker.value->bundled.empty()) return std::nullopt;
    input::look_at_cold_files(root, folder, bake);
    return bake;
}

std::optional<ColdRead> known(const Root& root, const BakeFact& bake) {
    for (const ColdRead& read : input::read_records(root).cold)
        if (read.bake == bake.id && read.stamps == bake.stamps) return read;
    return std::nullopt;
}

Result<void> remember(const Machine& machine, const ColdRead& read) {
    auto lock = execute::Lock::take(machine.root, machine.effects, lock_deadline);
    if (!lock) return forward(std::move(lock).error());
    const input::Images none;
    auto written = execute::Executor(machine.effects, none).run({WriteRecord{read}});
    if (written.failure) return forward(std::move(written.failure->error));
    return {};
}

} // namespace

Result<std::optional<Reason>> verify_active(const Machine& machine) {
    const auto folder = machine.root.read_link(names::active_link);
    const auto bake = folder ? look(machine.root, *folder) : std::nullopt;
    if (!bake) return std::nullopt;
    auto read = known(machine.root, *bake);
    if (!read) {
        read = ColdRead{bake->id, bake->stamps, "", "", ""};
        const auto damage = input::read_cold_files(machine.root, *folder, *bake->marker.value);
        if (damage) *read = {bake->id, bake->stamps, damage->path, damage->wanted, damage->found};
        if (auto noted = remember(machine, *read); !noted)
            return forward(std::move(noted).error(), "remembering what was read");
    }
    if (read->damaged.empty()) return std::nullopt;
    Reason reason{ReasonCode::FileDigestDiffers, bake->id + "/" + read->damaged, read->wanted,
                  read->found};
    report::send_event(names::bake_damaged, LOG_ERR, to_text(reason),
                       {{"GPUBOOT_REASONS", std::string(name_of(reason))},
                        {"GPUBOOT_PATH", reason.subject},
                        {"GPUBOOT_WANTED", reason.wanted},
                        {"GPUBOOT_FOUND", reason.found}});
    return reason;
}

} // namespace gpuboot::flow
