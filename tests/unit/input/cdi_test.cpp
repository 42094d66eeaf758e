// SPDX-License-Identifier: LGPL-2.1-or-later
// What there is for containers, and who else speaks for the GPUs.
#include "input/cdi.hpp"

#include <doctest/doctest.h>

#include "fakes/temporary_root.hpp"

using namespace gpuboot;
using gpuboot::fakes::TemporaryRoot;
using gpuboot::input::read_cdi;
using gpuboot::model::CdiMount;

namespace {

model::CdiFacts read(const TemporaryRoot& tree) {
    return read_cdi(tree.root, "535.261.03", "x86_64");
}

} // namespace

TEST_CASE("programs and firmware of the active bake come before the system's") { // P2
    const TemporaryRoot tree;
    tree.write("/usr/bin/nvidia-smi", "");
    tree.write("/usr/bin/nvidia-debugdump", "");
    tree.write("/lib/firmware/nvidia/535.261.03/gsp_tu10x.bin", "");
    tree.write("/lib/firmware/nvidia/550.54.14/gsp_tu10x.bin", "");
    CHECK((read(tree).files ==
           std::vector<CdiMount>{{"/usr/bin/nvidia-smi", "/usr/bin/nvidia-smi"},
                                 {"/usr/bin/nvidia-debugdump", "/usr/bin/nvidia-debugdump"},
                                 {"/lib/firmware/nvidia/535.261.03/gsp_tu10x.bin",
                                  "/lib/firmware/nvidia/535.261.03/gsp_tu10x.bin"}}));
    tree.write("/run/gpuboot/active/bin/nvidia-smi", "");
    tree.write("/run/gpuboot/active/firmware/nvidia/535.261.03/gsp_ga10x.bin", "");
    CHECK((read(tree).files ==
           std::vector<CdiMount>{{"/run/gpuboot/active/bin/nvidia-smi", "/usr/bin/nvidia-smi"},
                                 {"/usr/bin/nvidia-debugdump", "/usr/bin/nvidia-debugdump"},
                                 {"/run/gpuboot/active/firmware/nvidia/535.261.03/gsp_ga10x.bin",
                                  "/lib/firmware/nvidia/535.261.03/gsp_ga10x.bin"}}));
}

TEST_CASE("sockets that are there, and NVIDIA's hook where it is installed") {
    const TemporaryRoot tree;
    CHECK(read(tree).hook.empty());
    CHECK(read(tree).files.empty());
    CHECK(read(tree).folder == "/usr/lib/x86_64-linux-gnu");
    tree.write("/run/nvidia-persistenced/socket", "");
    tree.write("/usr/bin/nvidia-ctk", "");
    CHECK(read(tree).hook == "/usr/bin/nvidia-ctk");
    tree.write("/usr/bin/nvidia-cdi-hook", "");
    CHECK(read(tree).hook == "/usr/bin/nvidia-cdi-hook");
    CHECK((read(tree).files == std::vector<CdiMount>{{"/run/nvidia-persistenced/socket",
                                                      "/run/nvidia-persistenced/socket"}}));
}

TEST_CASE("another spec of the same kind is a rival, in JSON and in YAML; ours is none") { // P11
    const TemporaryRoot tree;
    const std::string json = R"({"cdiVersion":"0.5.0","kind":"nvidia.com/gpu","devices":[]})";
    tree.write("/run/cdi/gpuboot.json", json);
    tree.write("/run/cdi/other.json", R"({"kind":"vendor.com/nic","x":"nvidia.com/gpu"})");
    tree.write("/run/cdi/broken.json", "{");
    tree.write("/run/cdi/notes.txt", json);
    tree.write("/etc/cdi/nic.yaml", "kind: vendor.com/nic\n# kind: nvidia.com/gpu\n");
    CHECK(read(tree).rivals.empty());
    tree.write("/etc/cdi/a.json", json);
    tree.write("/etc/cdi/b.yaml", "---\ncdiVersion: 0.5.0\nkind: nvidia.com/gpu\n");
    tree.write("/run/cdi/c.yaml", "kind: \"nvidia.com/gpu\"\n");
    CHECK(read(tree).rivals ==
          std::vector<std::string>{"/etc/cdi/a.json", "/etc/cdi/b.yaml", "/run/cdi/c.yaml"});
}
