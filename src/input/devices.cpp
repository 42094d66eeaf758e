// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/devices.hpp"

#include <sys/sysmacros.h>

#include <charconv>
#include <functional>
#include <set>

#include "input/fabric.hpp"
#include "input/gpus.hpp"

namespace gpuboot::input {

namespace {

using model::DeviceFacts;

constexpr std::size_t proc_limit = 256 << 10;
constexpr std::size_t char_limit = std::size_t{64} << 10;

std::string_view trim(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

/// Calls `use` with each line until it returns true.
void each_line(std::string_view text, const std::function<bool(std::string_view)>& use) {
    while (!text.empty()) {
        const auto end = text.find('\n');
        if (use(text.substr(0, end)) || end == std::string_view::npos) return;
        text.remove_prefix(end + 1);
    }
}

void read_parameters(std::string_view text, DeviceFacts& facts) {
    facts.modify = value_of(text, "ModifyDeviceFiles") != "0";
    facts.mode = number_of(value_of(text, "DeviceFileMode")).value_or(facts.mode) & 0777;
    facts.uid = number_of(value_of(text, "DeviceFileUID")).value_or(facts.uid);
    facts.gid = number_of(value_of(text, "DeviceFileGID")).value_or(facts.gid);
}

/// Of an adapter that was never opened the driver prints question marks.
std::string uuid_in(std::string_view information) {
    std::string uuid = value_of(information, "GPU UUID");
    const bool known = uuid.starts_with("GPU-") &&
                       uuid.find_first_not_of("0123456789abcdef-", 4) == std::string::npos;
    return known ? uuid : "";
}

void read_served(const Root& root, DeviceFacts& facts) {
    const std::string folder = "/proc/driver/nvidia/gpus";
    auto addresses = root.list(folder);
    if (!addresses) return;
    for (const std::string& address : *addresses) {
        auto text = root.read_text(folder + "/" + address + "/information", proc_limit);
        if (!text) continue; // unplugged while we read: absent is a value (F-59)
        if (auto minor = number_of(value_of(*text, "Device Minor")))
            facts.served.push_back({address, *minor, uuid_in(*text)});
    }
}

model::NodeFact read_node(const Root& root, const std::string& path) {
    model::NodeFact node;
    node.path = path;
    auto status = root.status(path);
    if (!status) return node;
    node.present = true;
    node.character = S_ISCHR(status->st_mode);
    node.major = node.character ? major(status->st_rdev) : 0;
    node.minor = node.character ? minor(status->st_rdev) : 0;
    node.mode = status->st_mode & 07777;
    node.uid = status->st_uid;
    node.gid = status->st_gid;
    if (!node.character) return node;
    auto link = root.read_link("/dev/char/" + std::to_string(node.major) + ":" +
                               std::to_string(node.minor));
    if (link) node.char_link = *link;
    return node;
}

/// Where a node of the driver's lies, or should.
std::vector<std::string> paths_of(const Root& root, const DeviceFacts& facts) {
    const model::FabricFacts& fabric = facts.fabric;
    std::vector<std::string> paths{"/dev/nvidiactl", "/dev/nvidia-modeset", "/dev/nvidia-uvm",
                                   "/dev/nvidia-uvm-tools"};
    for (const model::ServedGpu& gpu : facts.served)
        paths.push_back(model::gpu_node(gpu.minor));
    if (fabric.nvlink_major) paths.emplace_back("/dev/nvidia-nvlink");
    if (fabric.nvswitches > 0) paths.emplace_back("/dev/nvidia-nvswitchctl");
    for (unsigned minor = 0; minor < fabric.nvswitches; ++minor)
        paths.push_back(model::nvswitch_node(minor));
    for (const model::Capability& capability : fabric.capabilities)
        paths.push_back(model::capability_node(capability.minor));
    for (const unsigned channel : fabric.imex_channels)
        paths.push_back(model::imex_node(channel));
    // Of a MIG instance that is no more the node may still be there.
    if (const auto names = root.list(model::capability_folder))
        for (const std::string& name : *names)
            paths.push_back(std::string(model::capability_folder) + "/" + name);
    std::set<std::string> known;
    std::erase_if(paths, [&](const std::string& path) { return !known.insert(path).second; });
    return paths;
}

/// Those of NVIDIA's nodes, also of nodes that are gone.
std::vector<model::CharLink> read_links(const Root& root) {
    std::vector<model::CharLink> links;
    const auto names = root.list("/dev/char", char_limit);
    if (!names) return links; // a /dev without udev has none
    for (const std::string& name : *names) {
        const std::string path = "/dev/char/" + name;
        auto target = root.read_link(path);
        if (!target || !target->starts_with("../nvidia")) continue;
        const auto status = root.status("/dev/" + target->substr(3));
        links.push_back({path, std::move(*target), status && S_ISCHR(status->st_mode)});
    }
    return links;
}

} // namespace

std::optional<unsigned> number_of(std::string_view text) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

std::optional<unsigned> major_of(std::string_view proc_devices, std::string_view name) {
    std::optional<unsigned> major;
    bool character = false;
    each_line(proc_devices, [&](std::string_view line) {
        if (line == "Character devices:") character = true;
        if (line == "Block devices:") return true;
        line = trim(line);
        const auto space = line.find(' ');
        if (!character || space == std::string_view::npos || trim(line.substr(space)) != name)
            return false;
        major = number_of(line.substr(0, space));
        return true;
    });
    return major;
}

std::string value_of(std::string_view text, std::string_view key) {
    std::string value;
    each_line(text, [&](std::string_view line) {
        if (!line.starts_with(key)) return false;
        line = trim(line.substr(key.size()));
        if (!line.starts_with(':')) return false;
        value = trim(line.substr(1));
        return true;
    });
    return value;
}

std::vector<std::string> read_left_nodes(const Root& root) {
    std::vector<std::string> left;
    for (const model::CharLink& link : read_links(root))
        left.push_back(link.path);
    for (std::string_view folder :
         {std::string_view("/dev"), model::capability_folder, model::imex_folder}) {
        const auto names = root.list(folder, char_limit);
        for (const std::string& name : names.value_or(std::vector<std::string>{})) {
            if (folder == "/dev" && !name.starts_with("nvidia")) continue;
            const std::string path = std::string(folder) + "/" + name;
            if (read_node(root, path).character) left.push_back(path);
        }
    }
    return left;
}

Result<DeviceFacts> read_devices(const Root& root) {
    DeviceFacts facts;
    auto devices = root.read_text("/proc/devices", proc_limit);
    if (!devices) return forward(std::move(devices).error());
    facts.frontend_major = major_of(*devices, "nvidia");
    if (!facts.frontend_major) facts.frontend_major = major_of(*devices, "nvidia-frontend");
    facts.uvm_major = major_of(*devices, "nvidia-uvm");
    facts.modeset = root.exists("/sys/module/nvidia_modeset");
    if (auto parameters = root.read_text("/proc/driver/nvidia/params", proc_limit))
        read_parameters(*parameters, facts);
    read_served(root, facts);
    auto gpus = read_gpus();
    if (!gpus) return forward(std::move(gpus).error());
    facts.gpus = std::move(*gpus);
    facts.fabric = read_fabric(root, *devices);
    for (const std::string& path : paths_of(root, facts))
        facts.nodes.push_back(read_node(root, path));
    facts.links = read_links(root);
    return facts;
}

} // namespace gpuboot::input
