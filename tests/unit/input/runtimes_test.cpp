// SPDX-License-Identifier: LGPL-2.1-or-later
// P11 P12: what an operator wrote stays, whatever is added; what cannot be read is left alone.
#include "input/runtimes.hpp"

#include <doctest/doctest.h>

#include "base/document.hpp"
#include "decide/runtimes.hpp"
#include "fakes/temporary_root.hpp"
#include "input/containerd.hpp"
#include "input/own_file.hpp"

using namespace gpuboot;
using namespace gpuboot::model;
using fakes::TemporaryRoot;

namespace {

const std::string main_file = "/etc/containerd/config.toml";

/// As the containerd of that version has it.
RuntimeFacts containerd(const std::string& text, const std::string& version = "1.7.24") {
    const TemporaryRoot tree;
    tree.write(main_file, text);
    return input::read_containerd(tree.root, [&] { return version; });
}

} // namespace

TEST_CASE("no folder at all is a word of the operator's") {
    const auto facts = containerd("version = 2\n[plugins.\"io.containerd.grpc.v1.cri\"]\n"
                                  "enable_cdi = true\ncdi_spec_dirs = []\n");
    CHECK(facts.folders == std::vector<std::string>{});
    REQUIRE(decide::judge_runtimes({facts}).size() == 1);
    CHECK(decide::judge_runtimes({facts}).front().found == "none in " + main_file);
    const TemporaryRoot tree;
    tree.write("/etc/crio/crio.conf", "[crio.runtime]\ncdi_spec_dirs = []\n");
    CHECK(decide::judge_runtimes({input::read_crio(tree.root)}).size() == 1);
    CHECK(decide::plan_runtimes({input::read_crio(tree.root)}).empty());
    tree.write("/etc/docker/daemon.json", R"({"cdi-spec-dirs": []})");
    CHECK_FALSE(input::read_docker(tree.root).folders);
    tree.write("/etc/docker/daemon.json", R"({"cdi-spec-dirs": [""]})");
    CHECK(input::read_docker(tree.root).folders == std::vector<std::string>{});
}

TEST_CASE("a containerd that knows no CDI has it off, whatever its configuration says") {
    const std::string table = "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\"]\n"
                              "enable_cdi = true\n";
    auto reasons = decide::judge_runtimes({containerd(table, "1.6.20")});
    REQUIRE(reasons.size() == 1);
    CHECK(reasons.front().code == ReasonCode::RuntimeTooOld);
    CHECK(decide::judge_runtimes({containerd(table)}).empty());
    const std::string runtimes = "[plugins.\"io.containerd.grpc.v1.cri\".containerd";
    const auto by_default = [&](const std::string& program) {
        return containerd(table + runtimes + "]\ndefault_runtime_name = \"n\"\n" + runtimes +
                              ".runtimes.n.options]\nBinaryName = \"" + program + "\"\n",
                          "1.6.20");
    };
    CHECK(decide::judge_runtimes({by_default("/usr/bin/nvidia-container-runtime")}).empty());
    CHECK(decide::plan_runtimes({by_default("/usr/bin/nvidia-container-runtime")}).empty());
    CHECK(decide::judge_runtimes({by_default("/usr/bin/runc")}).size() == 1);
    const TemporaryRoot tree;
    tree.write(
        "/etc/docker/daemon.json",
        R"({"default-runtime": "n", "runtimes": {"n": {"path": "nvidia-container-runtime"}}})");
    CHECK(input::read_docker(tree.root).nvidia);
    tree.write("/etc/docker/daemon.json",
               R"({"runtimes": {"n": {"path": "nvidia-container-runtime"}}})");
    CHECK_FALSE(input::read_docker(tree.root).nvidia);
}

TEST_CASE("a configuration that is broken is a flaw with file and line, and nothing is wanted") {
    const auto broken = containerd("version = 2\n[plugins\n");
    CHECK(broken.flaw.starts_with(main_file + ":2:"));
    CHECK(broken.with_cdi.empty());
    const TemporaryRoot tree;
    tree.write("/etc/docker/daemon.json", "{\"features\": {");
    CHECK(input::read_docker(tree.root).flaw == "/etc/docker/daemon.json: not JSON");
    tree.write("/etc/docker/daemon.json", "[]");
    CHECK(input::read_docker(tree.root).flaw == "/etc/docker/daemon.json: wanted an object");
    tree.write("/etc/crio/crio.conf", "[crio.runtime\n");
    CHECK(input::read_crio(tree.root).flaw.starts_with("/etc/crio/crio.conf:1:"));
}

TEST_CASE("Docker's other settings stay, in their order") {
    const TemporaryRoot tree;
    CHECK(input::read_docker(tree.root).with_cdi.front().text ==
          "{\n  \"features\": {\n    \"cdi\": true\n  }\n}\n");
    tree.write("/etc/docker/daemon.json",
               R"({"log-driver": "journald", "features": {"buildkit": true}, "mtu": 1400})");
    const auto facts = input::read_docker(tree.root);
    CHECK(to_json(*parse_json(facts.with_cdi.front().text), false) ==
          R"({"log-driver":"journald","features":{"buildkit":true,"cdi":true},"mtu":1400})");
    tree.write("/etc/docker/daemon.json", R"({"features": {"cdi": false}})");
    CHECK(input::read_docker(tree.root).cdi == false);
    tree.write("/etc/docker/daemon.json", R"({"features": true})");
    CHECK(input::read_docker(tree.root).with_cdi.empty());
}

TEST_CASE("CRI-O's last word on folders, and ours beside them") {
    const TemporaryRoot tree;
    CHECK_FALSE(input::read_crio(tree.root).folders);
    tree.write("/etc/crio/crio.conf", "[crio.runtime]\ncdi_spec_dirs = [\"/a\"]\n");
    tree.write("/etc/crio/crio.conf.d/10-site.conf", "[crio.runtime]\ncdi_spec_dirs = [\"/b\"]\n");
    const auto facts = input::read_crio(tree.root);
    CHECK(facts.folders == std::vector<std::string>{"/b"});
    CHECK(facts.with_cdi.front().text ==
          input::own_text("[crio.runtime]\ncdi_spec_dirs = [\"/b\", \"/var/run/cdi\"]\n"));
}

TEST_CASE("CRI-O is told once, and not where a later file has the last word") {
    const TemporaryRoot tree;
    tree.write("/etc/crio/crio.conf", "[crio.runtime]\ncdi_spec_dirs = [\"/a\"]\n");
    auto facts = input::read_crio(tree.root);
    CHECK(decide::plan_runtimes({facts}).size() == 1);
    tree.write(facts.with_cdi.front().path, facts.with_cdi.front().text);
    facts = input::read_crio(tree.root);
    CHECK(decide::plan_runtimes({facts}).empty());
    CHECK(decide::judge_runtimes({facts}).empty());
    tree.write("/etc/crio/crio.conf.d/99-site.conf", "[crio.runtime]\ncdi_spec_dirs = [\"/b\"]\n");
    facts = input::read_crio(tree.root);
    CHECK(decide::plan_runtimes({facts}).empty());
    const auto reasons = decide::judge_runtimes({facts});
    REQUIRE(reasons.size() == 1);
    CHECK(reasons.front().found == "/b in /etc/crio/crio.conf.d/99-site.conf");
}

TEST_CASE("a containerd that is there for Docker alone is nobody's to configure") {
    const TemporaryRoot tree;
    tree.write("/usr/bin/containerd", "");
    tree.write("/usr/sbin/dockerd", ""); // where Debian has it
    tree.write(main_file, "disabled_plugins = [\"cri\"]\n");
    const auto found = input::read_runtimes(tree.root, {"containerd", "docker"});
    REQUIRE(found.size() == 1);
    CHECK(found.front().name == "docker");
    CHECK(
        containerd("version = 3\ndisabled_plugins = [\"io.containerd.cri.v1.runtime\"]\n").unused);
    CHECK_FALSE(containerd("version = 2\ndisabled_plugins = [\"aufs\"]\n").unused);
}

TEST_CASE("versions, as the programs print them") {
    CHECK(input::version_in("containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20") ==
          "1.6.20");
    CHECK(input::version_in("containerd github.com/containerd/containerd/v2 v2.1.4 75cb2b7") ==
          "2.1.4");
    CHECK(input::version_in("Docker version 20.10.24+dfsg1, build 297e128") == "20.10.24");
    CHECK(input::version_in("command not found") == "");
    CHECK(input::version_in("v 7 3.") == "");
}

TEST_CASE("only runtimes that are wanted and there") {
    const TemporaryRoot tree;
    CHECK(input::read_runtimes(tree.root, {"containerd", "docker", "crio"}).empty());
    tree.write("/usr/local/bin/containerd", "");
    tree.write("/usr/bin/crio", "");
    CHECK(input::read_runtimes(tree.root, {}).empty());
    CHECK(input::read_runtimes(tree.root, {"crio"}).size() == 1);
    CHECK(input::read_runtimes(tree.root, {"containerd", "docker", "crio"}).size() == 2);
}
