// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/gates.hpp"

#include <algorithm>

namespace gpuboot::decide {

namespace {

using namespace model;

std::string count_of(std::size_t number, const std::string& noun) {
    return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
}

std::vector<std::string> gates_of_bake(const Facts& facts, const BakeFact& bake) {
    const Marker& marker = *bake.marker.value;
    std::vector<std::string> gates{"kernel " + marker.kernel,
                                   "driver " + marker.driver_version,
                                   "kind " + std::string(to_text(marker.kind)),
                                   "arch " + marker.arch,
                                   "source " + marker.source_sha256.substr(0, 12),
                                   count_of(bake.files.size(), "file") +
                                       " by owner, size, SHA-256 and vermagic"};
    if (facts.admission) {
        const std::string demand = demand_of(*facts.admission);
        gates.push_back(demand.empty() ? "no signature demanded" : "signed as " + demand + " asks");
    }
    const auto& good = facts.records.good;
    gates.push_back(std::ranges::find(good, bake.id, &GoodBake::bake) != good.end()
                        ? "has served before"
                        : "not marked bad");
    return gates;
}

std::vector<std::string> gates_of_driver(const Facts& facts) {
    const auto bound = std::ranges::count(facts.gpus, "nvidia", &Gpu::driver);
    return {"driver " + facts.loaded->version,
            "kind " + std::string(facts.loaded->kind == Kind::Open ? "open" : "proprietary"),
            count_of(facts.loaded->modules.size(), "module") + " live",
            count_of(static_cast<std::size_t>(bound), "GPU") + " bound"};
}

} // namespace

std::vector<std::string> passed_gates(const Facts& facts, const Verdict& verdict) {
    if (verdict.kind == VerdictKind::Ready && facts.loaded) return gates_of_driver(facts);
    const auto bake = std::ranges::find(facts.bakes, verdict.bake, &BakeFact::id);
    if (bake == facts.bakes.end() || !bake->marker.value) return {};
    return gates_of_bake(facts, *bake);
}

} // namespace gpuboot::decide
