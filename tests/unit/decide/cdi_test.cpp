// SPDX-License-Identifier: LGPL-2.1-or-later
// P11 P14 P16: a container is told of nothing that is not there and right.
#include "decide/cdi.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/document.hpp"
#include "report/cdi_record.hpp"

using namespace gpuboot;
using namespace gpuboot::model;

namespace {

NodeFact node(const std::string& path, unsigned major, unsigned minor) {
    return {path, true, true, major, minor, 0666, 0, 0, "../" + path.substr(5)};
}

DeviceFacts machine() {
    DeviceFacts facts;
    facts.frontend_major = 195;
    facts.uvm_major = 511;
    facts.served = {{"0000:02:00.0", 1, ""}, {"0000:01:00.0", 0, "GPU-5a1c"}};
    facts.nodes = {node("/dev/nvidiactl", 195, 255), node("/dev/nvidia0", 195, 0),
                   node("/dev/nvidia1", 195, 1), node("/dev/nvidia-uvm", 511, 0),
                   node("/dev/nvidia-uvm-tools", 511, 1)};
    facts.cdi.folder = "/usr/lib/x86_64-linux-gnu";
    return facts;
}

std::vector<std::string> names(const CdiSpec& spec) {
    std::vector<std::string> found;
    for (const CdiDevice& device : spec.devices)
        found.push_back(device.name);
    return found;
}

} // namespace

TEST_CASE("each GPU by its index and, once it is known, by its UUID; and all of them") {
    const auto spec = decide::cdi_spec(machine());
    REQUIRE(spec);
    CHECK(names(*spec) == std::vector<std::string>{"0", "GPU-5a1c", "1", "all"});
    CHECK((spec->devices.back().nodes ==
           std::vector<CdiNode>{{"/dev/nvidia0", 195, 0}, {"/dev/nvidia1", 195, 1}}));
    CHECK((spec->nodes == std::vector<CdiNode>{{"/dev/nvidiactl", 195, 255},
                                               {"/dev/nvidia-uvm", 511, 0},
                                               {"/dev/nvidia-uvm-tools", 511, 1}}));
}

TEST_CASE("a MIG instance comes with its GPU and both of its capabilities") { // P13
    DeviceFacts facts = machine();
    facts.fabric.caps_major = 241;
    facts.fabric.capabilities = {{"mig/config", 1},
                                 {"gpu0/mig/gi7/access", 66},
                                 {"gpu0/mig/gi7/ci0/access", 67},
                                 {"gpu0/mig/gi8/access", 75},
                                 {"gpu0/mig/gi8/ci0/access", 76},
                                 {"gpu1/mig/gi7/ci0/access", 202}};
    for (const unsigned minor : {1U, 66U, 67U, 75U, 202U}) // 76 is missing still
        facts.nodes.push_back(node(capability_node(minor), 241, minor));
    const auto spec = decide::cdi_spec(facts);
    REQUIRE(spec);
    CHECK(names(*spec) == std::vector<std::string>{"0", "GPU-5a1c", "0:gi7:ci0", "1", "all"});
    const std::vector<CdiNode> wanted{{"/dev/nvidia0", 195, 0},
                                      {"/dev/nvidia-caps/nvidia-cap66", 241, 66},
                                      {"/dev/nvidia-caps/nvidia-cap67", 241, 67}};
    CHECK(spec->devices[2].nodes == wanted);
    std::vector<CdiNode> all = wanted;
    all.push_back({"/dev/nvidia1", 195, 1});
    CHECK(spec->devices.back().nodes == all);
}

TEST_CASE("a node that is missing, of an earlier major, or no device is not told of") {
    DeviceFacts facts = machine();
    facts.nodes[1].character = false; // nvidia0
    facts.nodes[3].major = 510;       // nvidia-uvm
    std::erase_if(facts.nodes, [](const NodeFact& n) { return n.path == "/dev/nvidiactl"; });
    const auto spec = decide::cdi_spec(facts);
    REQUIRE(spec);
    CHECK(names(*spec) == std::vector<std::string>{"1", "all"});
    CHECK((spec->nodes == std::vector<CdiNode>{{"/dev/nvidia-uvm-tools", 511, 1}}));
}

TEST_CASE("nodes that manage MIG and the fabric are for no container that asks for a GPU") {
    DeviceFacts facts = machine();
    facts.fabric.caps_major = 241;
    facts.fabric.nvlink_major = 240;
    facts.fabric.capabilities = {{"mig/config", 1, 0400, true}};
    facts.nodes.push_back(node("/dev/nvidia-caps/nvidia-cap1", 241, 1));
    facts.nodes.push_back(node("/dev/nvidia-nvlink", 240, 0));
    CHECK(decide::cdi_spec(facts) == decide::cdi_spec(machine()));
}

TEST_CASE("without a GPU, and beside another spec, ours is withdrawn") {
    DeviceFacts facts = machine();
    facts.cdi.rivals = {"/etc/cdi/nvidia.yaml"};
    CHECK(decide::plan_cdi(facts) == Plan{WithdrawCdi{}});
    REQUIRE(decide::judge_cdi(facts).size() == 1);
    CHECK(decide::judge_cdi(facts).front().subject == "/etc/cdi/nvidia.yaml");
    facts = machine();
    facts.served.clear();
    CHECK(decide::plan_cdi(facts) == Plan{WithdrawCdi{}});
    CHECK(decide::judge_cdi(facts).empty());
}

TEST_CASE("the spec is the JSON that every runtime of CDI 0.5.0 reads") {
    DeviceFacts facts = machine();
    facts.served.erase(facts.served.begin());
    facts.nodes = {node("/dev/nvidia0", 195, 0)};
    facts.cdi.libraries = {{"/a/libcuda.so.1", "/usr/lib/x86_64-linux-gnu/libcuda.so.1"}};
    facts.cdi.hook = "/usr/bin/nvidia-ctk";
    const auto spec = decide::cdi_spec(facts);
    REQUIRE(spec);
    const std::string device =
        R"({"path":"/dev/nvidia0","type":"c","major":195,"minor":0,"permissions":"rw"})";
    const std::string edits = R"({"containerEdits":{"deviceNodes":[)" + device + "]}}";
    const auto found = parse_json(report::cdi_text(*spec));
    REQUIRE(found);
    const auto named = [&](const std::string& name) {
        return R"({"name":")" + name + "\"," + edits.substr(1);
    };
    CHECK(
        to_json(*found, false) ==
        R"({"cdiVersion":"0.5.0","kind":"nvidia.com/gpu","devices":[)" + named("0") + "," +
            named("GPU-5a1c") + "," + named("all") +
            R"(],"containerEdits":{"deviceNodes":[],"mounts":[{"hostPath":"/a/libcuda.so.1",)"
            R"("containerPath":"/usr/lib/x86_64-linux-gnu/libcuda.so.1",)"
            R"("options":["ro","nosuid","nodev","bind"]}],"hooks":[{"hookName":"createContainer",)"
            R"("path":"/usr/bin/nvidia-ctk","args":["nvidia-ctk","hook","update-ldcache",)"
            R"("--folder","/usr/lib/x86_64-linux-gnu"]}]}})");
}
