// SPDX-License-Identifier: LGPL-2.1-or-later
#include "decide/devices.hpp"

#include <algorithm>
#include <iterator>

#include "decide/cdi.hpp"
#include "decide/plan.hpp"
#include "decide/runtimes.hpp"
#include "decide/services.hpp"

namespace gpuboot::decide {

namespace {

using namespace model;

// Of NVIDIA's frontend major: nvidia-modprobe-utils.c, NV_CTL_DEVICE_MINOR and NV_MODESET_MINOR.
constexpr unsigned control_minor = 255, modeset_minor = 254;
// linux_nvswitch.c, NVSWITCH_CTL_MINOR
constexpr unsigned switches_minor = 255;

NodeFact fact_of(const DeviceFacts& facts, const std::string& path) {
    const auto fact = std::ranges::find(facts.nodes, path, &NodeFact::path);
    if (fact != facts.nodes.end()) return *fact;
    NodeFact absent;
    absent.path = path;
    return absent;
}

bool has_numbers(const NodeFact& found, const MakeNode& wanted) {
    return found.character && found.major == wanted.major && found.minor == wanted.minor;
}

bool is_right(const NodeFact& found, const MakeNode& wanted) {
    return has_numbers(found, wanted) && found.mode == wanted.mode && found.uid == wanted.uid &&
           found.gid == wanted.gid;
}

std::string char_path(const MakeNode& node) {
    return "/dev/char/" + std::to_string(node.major) + ":" + std::to_string(node.minor);
}

std::string link_target(const MakeNode& node) { return "../" + node.path.substr(5); }

std::string describe(const NodeFact& found) {
    if (!found.present) return "nothing";
    if (!found.character) return "something that is no character device";
    return to_text(Step(MakeNode{found.path, found.major, found.minor, found.mode, found.uid,
                                 found.gid}))
        .substr(std::string_view("make node ").size() + found.path.size() + 1);
}

/// Wanted only where they are ours to make: where others do, they make just those that they need.
/// They belong to root, whatever the driver's parameters say of a GPU's node, and each tells its
/// own mode (nvidia-modprobe-utils.c); an IMEX channel is like a GPU.
void want_fabric(const DeviceFacts& facts, std::vector<MakeNode>& nodes) {
    const FabricFacts& fabric = facts.fabric;
    if (fabric.nvlink_major)
        nodes.push_back({"/dev/nvidia-nvlink", *fabric.nvlink_major, 0, fabric.nvlink_mode, 0, 0});
    if (fabric.nvswitch_major && fabric.nvswitches > 0)
        nodes.push_back({"/dev/nvidia-nvswitchctl", *fabric.nvswitch_major, switches_minor,
                         fabric.nvswitch_mode, 0, 0});
    for (unsigned minor = 0; fabric.nvswitch_major && minor < fabric.nvswitches; ++minor)
        nodes.push_back(
            {nvswitch_node(minor), *fabric.nvswitch_major, minor, fabric.nvswitch_mode, 0, 0});
    for (const Capability& capability : fabric.capabilities)
        if (fabric.caps_major && capability.modify)
            nodes.push_back({capability_node(capability.minor), *fabric.caps_major,
                             capability.minor, capability.mode, 0, 0});
    for (const unsigned channel : fabric.imex_channels)
        if (fabric.imex_major)
            nodes.push_back({imex_node(channel), *fabric.imex_major, channel, facts.mode, facts.uid,
                             facts.gid});
}

/// Nodes of ours that no capability stands behind any more, as a MIG instance's that was destroyed.
std::vector<std::string> orphans(const DeviceFacts& facts) {
    std::vector<std::string> paths;
    for (const NodeFact& node : facts.nodes) {
        const auto offered =
            std::ranges::any_of(facts.fabric.capabilities, [&](const Capability& c) {
                return capability_node(c.minor) == node.path;
            });
        if (facts.modify && !offered && node.character && facts.fabric.caps_major == node.major &&
            node.path == capability_node(node.minor))
            paths.push_back(node.path);
    }
    return paths;
}

/// Links to what is gone, and links under numbers that their node has no more: of a major that an
/// earlier load of the driver was given (P14).
std::vector<std::string> stale_links(const DeviceFacts& facts) {
    const auto wanted = wanted_nodes(facts);
    const auto gone = orphans(facts);
    std::vector<std::string> paths;
    for (const CharLink& link : facts.links) {
        const std::string target = "/dev/" + link.target.substr(3);
        const auto node = std::ranges::find(wanted, target, &MakeNode::path);
        const bool orphan = std::ranges::find(gone, target) != gone.end();
        if (node != wanted.end() ? char_path(*node) != link.path : orphan || !link.leads_to_device)
            paths.push_back(link.path);
    }
    return paths;
}

} // namespace

std::vector<MakeNode> wanted_nodes(const DeviceFacts& facts, std::string_view address) {
    std::vector<MakeNode> nodes;
    const auto want = [&](const std::string& name, unsigned major, unsigned minor) {
        nodes.push_back({"/dev/" + name, major, minor, facts.mode, facts.uid, facts.gid});
    };
    if (facts.frontend_major) {
        if (address.empty()) want("nvidiactl", *facts.frontend_major, control_minor);
        if (address.empty() && facts.modeset)
            want("nvidia-modeset", *facts.frontend_major, modeset_minor);
        for (const ServedGpu& gpu : facts.served)
            if (address.empty() || gpu.address == address)
                want("nvidia" + std::to_string(gpu.minor), *facts.frontend_major, gpu.minor);
    }
    if (facts.uvm_major && address.empty()) {
        want("nvidia-uvm", *facts.uvm_major, 0);
        want("nvidia-uvm-tools", *facts.uvm_major, 1);
    }
    if (address.empty() && facts.modify) want_fabric(facts, nodes);
    return nodes;
}

Plan plan_nodes(const DeviceFacts& facts, std::string_view address) {
    Plan steps;
    // First: a link that is made below may have the numbers of one that goes.
    if (address.empty()) {
        for (const std::string& link : stale_links(facts))
            steps.push_back(Remove{link});
        for (const std::string& node : orphans(facts))
            steps.push_back(Remove{node});
    }
    for (const MakeNode& node : wanted_nodes(facts, address)) {
        const NodeFact found = fact_of(facts, node.path);
        // ModifyDeviceFiles=0: the operator makes the nodes; the links are ours all the same.
        if (facts.modify && !is_right(found, node)) steps.push_back(node);
        // The link that was read is that of the numbers which were found.
        if (!has_numbers(found, node) || found.char_link != link_target(node))
            steps.push_back(MakeLink{char_path(node), link_target(node)});
    }
    return steps;
}

Plan plan_test(const DeviceFacts& facts, const Policy& policy, std::string_view address) {
    TestReady test{policy.ready_test, {}, policy.ready_timeout_seconds};
    for (const ServedGpu& gpu : facts.served) // NVML counts them all
        if (address.empty() || gpu.address == address || policy.ready_test == ReadyTest::Nvml)
            test.nodes.push_back(gpu_node(gpu.minor));
    return {std::move(test)};
}

Plan plan_ready(const DeviceFacts& facts, const Policy& policy) {
    Plan steps = plan_fabric(facts.services, policy);
    // The runtimes before the spec: one that reads its folders only when it starts then finds it.
    std::ranges::move(plan_runtimes(facts.runtimes), std::back_inserter(steps));
    std::ranges::move(plan_cdi(facts), std::back_inserter(steps));
    std::ranges::move(plan_critical(facts.services, policy), std::back_inserter(steps));
    steps.push_back(MarkReady{});
    std::ranges::move(plan_deferred(facts.services, policy), std::back_inserter(steps));
    return steps;
}

std::vector<Reason> judge_devices(const DeviceFacts& facts, std::string_view address) {
    using enum ReasonCode;
    std::vector<Reason> reasons;
    for (const Gpu& gpu : facts.gpus) {
        if (!address.empty() && gpu.address != address) continue;
        const bool served =
            std::ranges::find(facts.served, gpu.address, &ServedGpu::address) != facts.served.end();
        if (gpu.driver.empty() || (gpu.driver == "nvidia" && !served))
            reasons.push_back({GpuUnbound, gpu.address, "nvidia",
                               gpu.driver.empty() ? "no driver" : "bound, but not served"});
    }
    for (const MakeNode& node : wanted_nodes(facts, address)) {
        const NodeFact found = fact_of(facts, node.path);
        const NodeFact wanted{node.path, true,     true,     node.major, node.minor,
                              node.mode, node.uid, node.gid, ""};
        if (!is_right(found, node))
            reasons.push_back({NodeWrong, node.path, describe(wanted), describe(found)});
        else if (found.char_link != link_target(node))
            reasons.push_back({NodeWrong, char_path(node), link_target(node),
                               found.char_link.empty() ? "nothing" : found.char_link});
    }
    if (address.empty())
        for (const std::string& link : stale_links(facts))
            reasons.push_back({NodeWrong, link, "nothing", "a stale link"});
    return reasons;
}

std::vector<Reason> reasons_of(const std::vector<std::string>& remarks) {
    constexpr std::string_view inforom = "inforom ";
    std::vector<Reason> reasons;
    for (const std::string& remark : remarks) {
        const auto colon = remark.find(": ");
        if (!remark.starts_with(inforom) || colon == std::string::npos) continue;
        reasons.push_back({ReasonCode::InforomCorrupted,
                           remark.substr(inforom.size(), colon - inforom.size()), "a valid infoROM",
                           remark.substr(colon + 2)});
    }
    return reasons;
}

bool fails_the_machine(const Reason& reason, const DeviceFacts& facts) {
    switch (reason.code) {
    case ReasonCode::CdiConflict:
    case ReasonCode::RuntimeTooOld:
    case ReasonCode::RuntimeRefusesCdi:
    case ReasonCode::RuntimeUnread:
    case ReasonCode::RuntimeUnconfigured:
    case ReasonCode::DeferredUnitMissing:
    case ReasonCode::InforomCorrupted: return false;
    case ReasonCode::GpuUnbound: return facts.served.empty();
    default: return true;
    }
}

Reason reason_of(const Step& step, const std::string& error) {
    using enum ReasonCode;
    if (const auto* test = std::get_if<TestReady>(&step)) {
        if (test->test == ReadyTest::Nvml) return {NvmlFailed, "", "every GPU", error};
        std::string nodes;
        for (const std::string& node : test->nodes)
            nodes += (nodes.empty() ? "" : " ") + node;
        return {OpenFailed, nodes, "an adapter that opens", error};
    }
    if (std::holds_alternative<TestFabric>(step))
        return {FabricUnready, std::string(fabric_manager_unit), "every GPU in the fabric", error};
    if (const auto* unit = std::get_if<StartUnit>(&step))
        return {UnitFailed, unit->unit, "active", error};
    if (const auto* told = std::get_if<ConfigureRuntime>(&step)) {
        std::string files;
        for (const RuntimeFile& file : told->files)
            files += (files.empty() ? "" : " ") + file.path;
        return {RuntimeUnconfigured, told->runtime, "CDI configured in " + files, error};
    }
    if (const auto* unload = std::get_if<UnloadModule>(&step))
        return {DriverInUse, unload->name, "nobody", error};
    if (const auto* node = std::get_if<MakeNode>(&step))
        return {NodeWrong, node->path, "a node that can be made", error};
    return {StepFailed, to_text(step), "done", error};
}

} // namespace gpuboot::decide
