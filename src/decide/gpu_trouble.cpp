// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/gpu_trouble.hpp"

#include <algorithm>

namespace gpuboot::decide {

namespace {

constexpr std::size_t most_named = 5;

} // namespace

model::Reason reason_of(const model::GpuTrouble& trouble,
                        const std::vector<model::DeviceUser>& users) {
    using enum model::ReasonCode;
    if (trouble.kind == model::GpuTrouble::Kind::FellOff)
        return {GpuFellOff, trouble.address, "a GPU that answers", trouble.line};
    std::string named;
    for (std::size_t i = 0; i < std::min(users.size(), most_named); ++i)
        named += (named.empty() ? "" : ", ") + users[i].comm + " (pid " +
                 std::to_string(users[i].pid) +
                 (users[i].unit.empty() ? ")" : ", " + users[i].unit + ")");
    if (users.size() > most_named)
        named += " and " + std::to_string(users.size() - most_named) + " more";
    return {GpuRemovalWaits, trouble.address, "nobody",
            named.empty() ? "a process that could not be found" : named};
}

} // namespace gpuboot::decide
