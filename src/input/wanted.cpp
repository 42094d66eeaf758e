// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/wanted.hpp"

#include "base/names.hpp"
#include "input/host.hpp"

namespace gpuboot::input {

model::Wanted read_wanted(const Root& root, const model::Policy& policy) {
    const auto command_line = root.read_text("/proc/cmdline", 64 << 10);
    const std::string word = command_line ? last_value(*command_line, names::opt_out_word) : "";
    if (word == "off" || word == "on")
        return {word == "on", "kernel command line: gpuboot=" + word, true, false};
    for (std::string_view file : {names::boot_opt_out_file, names::opt_out_file})
        if (root.exists(file))
            return {false, std::string(file), false, file == names::opt_out_file};
    if (policy.wanted_in.empty()) return {};
    return {policy.wanted, policy.wanted_in + " = " + (policy.wanted ? "true" : "false"), false,
            true};
}

} // namespace gpuboot::input
