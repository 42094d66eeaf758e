// SPDX-License-Identifier: LGPL-2.1-or-later
// Values of the model as D-Bus values, one overload for each signature that a property has.
#pragma once

#include <systemd/sd-bus.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "model/kernel_state.hpp"
#include "model/progress.hpp"
#include "model/reason.hpp"

namespace gpuboot::bus {

struct ObjectPaths {
    std::vector<std::string> paths;

    bool operator==(const ObjectPaths&) const = default;
};

Result<void> append(sd_bus_message* message, std::string_view text);
Result<void> append(sd_bus_message* message, std::int32_t number);
Result<void> append(sd_bus_message* message, std::uint32_t number);
Result<void> append(sd_bus_message* message, bool truth);
Result<void> append(sd_bus_message* message, const ObjectPaths& paths);
/// (stt): stage, done, total.
Result<void> append(sd_bus_message* message, const model::Progress& progress);
/// a(sss): release, answer, why.
Result<void> append(sd_bus_message* message, const std::vector<model::KernelAnswer>& kernels);
/// a(sssss): code, subject, wanted, found, and the sentence made of them.
Result<void> append(sd_bus_message* message, const std::vector<model::Reason>& reasons);

} // namespace gpuboot::bus
