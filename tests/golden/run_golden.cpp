// SPDX-License-Identifier: LGPL-2.1-or-later
// Golden cases: a folder holds what a machine looks like, and what gpuboot must say and do about
// it, as text. GPUBOOT_REWRITE_GOLDEN=1 writes the texts anew; the change is then for a person to
// read (git diff). Every reason there is must have a case.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "decide/devices.hpp"
#include "decide/judge.hpp"
#include "decide/plan.hpp"
#include "golden/device_case.hpp"
#include "golden/foreign_case.hpp"
#include "golden/marker_case.hpp"
#include "report/facts_record.hpp"
#include "report/sentences.hpp"

namespace {

using namespace gpuboot;
using enum model::ReasonCode;
namespace fs = std::filesystem;

/// These come from devices and steps; a case of golden-devices/ has to show each.
constexpr std::array of_devices{
    GpuUnbound,           GpuRemovalWaits,     GpuFellOff,       NodeWrong,
    OpenFailed,           NvmlFailed,          InforomCorrupted, FabricManagerMissing,
    FabricManagerDiffers, FabricPartMissing,   FabricUnready,    CriticalUnitMissing,
    DeferredUnitMissing,  CdiConflict,         RuntimeTooOld,    RuntimeRefusesCdi,
    RuntimeUnread,        RuntimeUnconfigured, UnitFailed,       StepFailed};

/// And these from the removal of foreign copies, in golden-foreign/.
constexpr std::array of_removal{ForeignOwned, ForeignInUse, ForeignChanged, ForeignDetour,
                                ForeignLeft};

std::string slurp(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

Result<golden::Answer> answer_machine(const std::string& file, const Node& record) {
    auto facts = report::facts_of(file, record);
    if (!facts) return forward(std::move(facts).error());
    const auto verdict = decide::judge(*facts);
    return golden::Answer{report::to_sentences(verdict) + "Steps:\n" +
                              report::to_sentences(decide::plan(*facts, verdict)),
                          verdict.reasons};
}

class Run {
  public:
    using Reader = Result<golden::Answer> (*)(const std::string& file, const Node& record);

    void walk(const fs::path& folder, const std::string& name, Reader read) {
        for (const auto& entry : fs::directory_iterator(folder))
            if (entry.is_directory()) check(entry.path(), name, read);
    }

    bool has(model::ReasonCode code) const { return std::ranges::find(seen_, code) != seen_.end(); }

    void fail(const std::string& what) {
        std::cerr << "FAILED " << what << "\n";
        ++failed_;
    }

    int cases() const { return cases_; }
    int failed() const { return failed_; }

  private:
    void check(const fs::path& folder, const std::string& name, Reader read) {
        ++cases_;
        const std::string file = folder.filename() / name, text = slurp(folder / name);
        if (!text.starts_with("# ")) fail(file + ": the first line is no comment on the case");
        auto record = parse_toml(text);
        if (!record) return fail(file + ": " + record.error().what);
        auto answer = read(file, *record);
        if (!answer) return fail(answer.error().what);
        for (const model::Reason& reason : answer->reasons)
            seen_.push_back(reason.code);
        compare(folder / "expected.txt", answer->text);
    }

    void compare(const fs::path& expected, const std::string& found) {
        if (std::getenv("GPUBOOT_REWRITE_GOLDEN")) std::ofstream(expected) << found;
        const std::string wanted = slurp(expected);
        if (wanted == found) return;
        fail(expected.string() + "\n--- wanted\n" + wanted + "--- found\n" + found + "---");
    }

    std::vector<model::ReasonCode> seen_;
    int cases_ = 0, failed_ = 0;
};

} // namespace

int main(int argc, char** argv) {
    if (argc != 5)
        return std::cerr << "usage: run-golden CASES DEVICE-CASES MARKER-CASES FOREIGN-CASES\n", 2;
    Run machines, devices, markers, removals;
    machines.walk(argv[1], "facts.toml", answer_machine);
    devices.walk(argv[2], "devices.toml", golden::answer_devices);
    markers.walk(argv[3], "case.toml", golden::answer_marker);
    removals.walk(argv[4], "inventory.toml", golden::answer_foreign);
    const auto is_of = [](const auto& codes, model::ReasonCode code) {
        return std::ranges::find(codes, code) != codes.end();
    };
    for (const auto& entry : model::reason_texts) {
        Run& run = is_of(of_devices, entry.code)   ? devices
                   : is_of(of_removal, entry.code) ? removals
                                                   : machines;
        if (!run.has(entry.code)) run.fail("no golden case yields " + std::string(entry.name));
    }
    int cases = 0, failed = 0;
    for (const Run* run : {&machines, &devices, &markers, &removals}) {
        cases += run->cases();
        failed += run->failed() + (run->cases() == 0 ? 1 : 0);
    }
    std::cout << cases << " cases, " << failed << " failed\n";
    return failed == 0 ? 0 : 1;
}
