// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/cdi.hpp"

#include <algorithm>
#include <array>

#include "decide/devices.hpp"

namespace gpuboot::decide {

namespace {

using namespace model;

/// With any GPU; the fabric's and MIG's nodes are for those who manage them.
constexpr std::array<std::string_view, 4> shared{"/dev/nvidiactl", "/dev/nvidia-modeset",
                                                 "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools"};

/// Those that are as the driver wants them.
std::vector<CdiNode> right_nodes(const DeviceFacts& facts) {
    std::vector<CdiNode> nodes;
    for (const MakeNode& wanted : wanted_nodes(facts)) {
        const auto found = std::ranges::find(facts.nodes, wanted.path, &NodeFact::path);
        if (found != facts.nodes.end() && found->character && found->major == wanted.major &&
            found->minor == wanted.minor)
            nodes.push_back({wanted.path, wanted.major, wanted.minor});
    }
    return nodes;
}

/// The node of the capability of that name; null when it is none that is right.
const CdiNode* node_of(const DeviceFacts& facts, const std::vector<CdiNode>& nodes,
                       std::string_view capability) {
    const auto& offered = facts.fabric.capabilities;
    const auto found = std::ranges::find(offered, capability, &Capability::name);
    if (found == offered.end()) return nullptr;
    const auto node = std::ranges::find(nodes, capability_node(found->minor), &CdiNode::path);
    return node == nodes.end() ? nullptr : &*node;
}

/// The GPU's MIG compute instances. Who uses one opens the GPU, the GPU instance's capability and
/// its own; in /proc they are gpu0/mig/gi7/access and gpu0/mig/gi7/ci0/access.
std::vector<CdiDevice> instances_of(const DeviceFacts& facts, const std::vector<CdiNode>& nodes,
                                    unsigned minor, const CdiNode& gpu) {
    const std::string prefix = "gpu" + std::to_string(minor) + "/mig/";
    std::vector<CdiDevice> devices;
    for (const Capability& capability : facts.fabric.capabilities) {
        std::string_view rest = capability.name;
        if (!rest.starts_with(prefix) || !rest.ends_with("/access")) continue;
        rest = rest.substr(prefix.size(), rest.rfind('/') - prefix.size()); // gi7/ci0
        const auto slash = rest.find("/ci");
        if (!rest.starts_with("gi") || slash == std::string_view::npos) continue;
        const std::string instance(rest.substr(0, slash)), part(rest.substr(slash + 1));
        const CdiNode* of_instance = node_of(facts, nodes, prefix + instance + "/access");
        const CdiNode* own = node_of(facts, nodes, capability.name);
        if (of_instance && own)
            devices.push_back(
                {std::to_string(minor) + ":" + instance + ":" + part, {gpu, *of_instance, *own}});
    }
    return devices;
}

/// What is not there already.
void add_nodes(CdiDevice& device, const std::vector<CdiNode>& nodes) {
    for (const CdiNode& node : nodes)
        if (std::ranges::find(device.nodes, node) == device.nodes.end())
            device.nodes.push_back(node);
}

std::vector<CdiDevice> devices_of(const DeviceFacts& facts, const std::vector<CdiNode>& nodes) {
    std::vector<ServedGpu> served = facts.served;
    std::ranges::sort(served, {}, &ServedGpu::minor);
    std::vector<CdiDevice> devices;
    CdiDevice all{"all", {}};
    for (const ServedGpu& gpu : served) {
        const auto node = std::ranges::find(nodes, gpu_node(gpu.minor), &CdiNode::path);
        if (node == nodes.end()) continue;
        devices.push_back({std::to_string(gpu.minor), {*node}});
        if (!gpu.uuid.empty()) devices.push_back({gpu.uuid, {*node}});
        add_nodes(all, {*node});
        for (CdiDevice& instance : instances_of(facts, nodes, gpu.minor, *node)) {
            add_nodes(all, instance.nodes);
            devices.push_back(std::move(instance));
        }
    }
    if (!all.nodes.empty()) devices.push_back(std::move(all));
    return devices;
}

} // namespace

std::optional<CdiSpec> cdi_spec(const DeviceFacts& facts) {
    const std::vector<CdiNode> nodes = right_nodes(facts);
    CdiSpec spec;
    spec.devices = devices_of(facts, nodes);
    if (spec.devices.empty() || !facts.cdi.rivals.empty()) return std::nullopt;
    for (const CdiNode& node : nodes)
        if (std::ranges::find(shared, node.path) != shared.end()) spec.nodes.push_back(node);
    spec.mounts = facts.cdi.libraries;
    spec.mounts.insert(spec.mounts.end(), facts.cdi.files.begin(), facts.cdi.files.end());
    spec.hook = facts.cdi.hook;
    spec.folder = facts.cdi.folder;
    return spec;
}

Plan plan_cdi(const DeviceFacts& facts) {
    if (auto spec = cdi_spec(facts)) return {WriteCdi{std::move(*spec)}};
    return {WithdrawCdi{}};
}

std::vector<Reason> judge_cdi(const DeviceFacts& facts) {
    std::vector<Reason> reasons;
    reasons.reserve(facts.cdi.rivals.size());
    for (const std::string& rival : facts.cdi.rivals)
        reasons.push_back(
            {ReasonCode::CdiConflict, rival, "no other spec of " + std::string(cdi_kind), "one"});
    return reasons;
}

} // namespace gpuboot::decide
