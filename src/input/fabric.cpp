// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/fabric.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string>

#include "input/devices.hpp"

namespace gpuboot::input {

namespace {

using model::Capability;
using model::FabricFacts;

constexpr std::string_view capabilities = "/proc/driver/nvidia/capabilities";
constexpr std::size_t file_limit = 4096;
/// Eight GPUs with seven MIG instances of seven parts each have some 500.
constexpr std::size_t capability_limit = 4096;
constexpr int depth_limit = 8; ///< gpu0/mig/gi1/ci1/access is five deep

unsigned mode_of(const Root& root, const std::string& file) {
    const std::string text = root.read_text(file, file_limit).value_or("");
    return number_of(value_of(text, "DeviceFileMode")).value_or(0666) & 0777;
}

/// A file that tells no minor is none of a capability.
void add_capability(const std::string& text, const std::string& name, FabricFacts& facts) {
    const auto minor = number_of(value_of(text, "DeviceFileMinor"));
    const auto mode = number_of(value_of(text, "DeviceFileMode"));
    if (!minor || !mode || facts.capabilities.size() >= capability_limit) return;
    facts.capabilities.push_back(
        {name, *minor, *mode & 0777, value_of(text, "DeviceFileModify") != "0"});
}

void read_capabilities(const Root& root, const std::string& folder, const std::string& name,
                       int depth, FabricFacts& facts) {
    const auto entries = root.list(folder + "/" + name);
    if (!entries || depth == 0) return;
    for (const std::string& entry : *entries) {
        const std::string inner = name.empty() ? entry : name + "/" + entry;
        const std::string path = folder + "/" + inner;
        const auto status = root.status(path);
        if (!status) continue; // a MIG instance that went meanwhile
        if (S_ISDIR(status->st_mode))
            read_capabilities(root, folder, inner, depth - 1, facts);
        else if (auto text = root.read_text(path, file_limit))
            add_capability(*text, inner, facts);
    }
}

/// "channel12" -> 12
std::optional<unsigned> channel_of(std::string_view name) {
    constexpr std::string_view prefix = "channel";
    return name.starts_with(prefix) ? number_of(name.substr(prefix.size())) : std::nullopt;
}

std::vector<unsigned> read_channels(const Root& root) {
    std::vector<unsigned> channels;
    const std::string text =
        root.read_text("/proc/driver/nvidia/params", std::size_t{256} << 10).value_or("");
    if (value_of(text, "CreateImexChannel0") == "1") channels.push_back(0);
    if (const auto names = root.list(model::imex_folder))
        for (const std::string& name : *names)
            if (const auto channel = channel_of(name)) channels.push_back(*channel);
    std::ranges::sort(channels);
    const auto same = std::ranges::unique(channels);
    channels.erase(same.begin(), same.end());
    return channels;
}

/// Those whose names have a prefix, with what leads to them. The driver makes the folder first and
/// then the file that grants access.
std::vector<std::string> instances_in(const Root& root, const std::string& folder,
                                      std::string_view prefix) {
    std::vector<std::string> found;
    const std::string inside = std::string(capabilities) + "/" + folder + "/";
    const auto names = root.list(inside);
    for (const std::string& name : names.value_or(std::vector<std::string>{}))
        if (name.starts_with(prefix) && root.exists(inside + name + "/access"))
            found.push_back(folder + "/" + name);
    return found;
}

} // namespace

std::optional<std::vector<std::string>> read_mig_instances(const Root& root) {
    std::optional<std::vector<std::string>> instances;
    const auto names = root.list(capabilities);
    for (const std::string& name : names.value_or(std::vector<std::string>{})) {
        const std::string mig = name + "/mig";
        if (!name.starts_with("gpu") || !root.status(std::string(capabilities) + "/" + mig))
            continue;
        if (!instances) instances.emplace();
        for (const std::string& instance : instances_in(root, mig, "gi")) {
            instances->push_back(instance);
            std::ranges::move(instances_in(root, instance, "ci"), std::back_inserter(*instances));
        }
    }
    if (instances) std::ranges::sort(*instances);
    return instances;
}

FabricFacts read_fabric(const Root& root, std::string_view proc_devices) {
    FabricFacts facts;
    facts.caps_major = major_of(proc_devices, "nvidia-caps");
    facts.nvlink_major = major_of(proc_devices, "nvidia-nvlink");
    facts.nvswitch_major = major_of(proc_devices, "nvidia-nvswitch");
    facts.imex_major = major_of(proc_devices, "nvidia-caps-imex-channels");
    const std::string driver = "/proc/driver/nvidia";
    if (facts.caps_major)
        for (const std::string& of : {driver, driver + "-nvlink"})
            read_capabilities(root, of + "/capabilities", "", depth_limit, facts);
    if (facts.nvlink_major) facts.nvlink_mode = mode_of(root, driver + "-nvlink/permissions");
    if (facts.nvswitch_major) {
        facts.nvswitch_mode = mode_of(root, driver + "-nvswitch/permissions");
        const auto switches = root.list(driver + "-nvswitch/devices");
        facts.nvswitches = switches ? static_cast<unsigned>(switches->size()) : 0;
    }
    if (facts.imex_major) facts.imex_channels = read_channels(root);
    return facts;
}

} // namespace gpuboot::input
