// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/made_nodes.hpp"

#include <sys/sysmacros.h>

#include "base/document.hpp"
#include "base/names.hpp"
#include "decide/devices.hpp"

namespace gpuboot::flow {

namespace {

using namespace model;

std::string note_path(const std::string& address) {
    return std::string(names::gpu_directory) + "/" + address + ".toml";
}

unsigned number(const Node& note, std::string_view key) {
    const Node* node = note.find(key);
    const auto* value = node ? std::get_if<std::int64_t>(&node->value) : nullptr;
    return value ? static_cast<unsigned>(*value) : 0;
}

} // namespace

Result<void> note_made_nodes(execute::Effects& effects, const DeviceFacts& devices,
                             const std::string& address) {
    if (auto made = effects.ensure_directory(names::gpu_directory, 0755); !made) return made;
    for (const ServedGpu& gpu : devices.served) {
        if (!address.empty() && gpu.address != address) continue;
        const std::string node = "/dev/nvidia" + std::to_string(gpu.minor);
        const Node note = Table{{"node", node},
                                {"major", static_cast<int>(devices.frontend_major.value_or(0))},
                                {"minor", static_cast<int>(gpu.minor)}};
        if (auto put = effects.replace_file(note_path(gpu.address), to_toml(note), 0644); !put)
            return put;
    }
    return {};
}

Plan plan_removal(const Root& root, const std::string& address) {
    auto text = root.read_text(note_path(address), 4096);
    if (!text) return {};
    auto note = parse_toml(*text);
    if (!note) return {};
    const std::string node = note->text("node");
    const unsigned major_number = number(*note, "major"), minor_number = number(*note, "minor");
    const std::string link =
        "/dev/char/" + std::to_string(major_number) + ":" + std::to_string(minor_number);
    Plan steps;
    if (auto target = root.read_link(link); target && *target == "../" + node.substr(5))
        steps.push_back(Remove{link});
    auto status = root.status(node);
    if (status && S_ISCHR(status->st_mode) &&
        status->st_rdev == makedev(major_number, minor_number))
        steps.push_back(Remove{node});
    return steps;
}

Result<void> forget_made_nodes(execute::Effects& effects, const std::string& address) {
    return effects.remove(note_path(address));
}

} // namespace gpuboot::flow
