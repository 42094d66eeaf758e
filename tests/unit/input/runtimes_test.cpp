// SPDX-License-Identifier: LGPL-2.1-or-later
// P11 P12: what an operator wrote stays, whatever is added; what cannot be read is left alone.
#include "input/runtimes.hpp"

#include <doctest/doctest.h>

#include "base/document.hpp"
#include "base/process.hpp"
#include "decide/runtimes.hpp"
#include "fakes/temporary_root.hpp"
#include "input/containerd.hpp"

using namespace gpuboot;
using namespace gpuboot::model;
using fakes::TemporaryRoot;

namespace {

const std::string main_file = "/etc/containerd/config.toml";
const std::string drop_in = "/etc/containerd/conf.d/gpuboot.toml";

RuntimeFacts containerd(const std::string& text) {
    const TemporaryRoot tree;
    tree.write(main_file, text);
    return input::read_containerd(tree.root);
}

std::string text_of(const RuntimeFacts& facts, const std::string& path) {
    for (const RuntimeFile& file : facts.with_cdi)
        if (file.path == path) return file.text;
    return "";
}

/// Writes what is wanted and reads again.
RuntimeFacts again(const TemporaryRoot& tree, const RuntimeFacts& facts) {
    for (const RuntimeFile& file : facts.with_cdi)
        tree.write(file.path, file.text);
    return input::read_containerd(tree.root);
}

/// What the containerd that is installed makes of the tree's configuration.
std::string dump(const TemporaryRoot& tree) {
    const std::string script = "mount --bind " + tree.outside("/etc/containerd") +
                               " /etc/containerd && exec containerd config dump";
    const auto ran = run_tool({{"/usr/bin/unshare", "--mount", "/bin/sh", "-ec", script},
                               Tool{}.environment,
                               std::chrono::seconds(20),
                               {}});
    REQUIRE(ran);
    REQUIRE_MESSAGE(ran->succeeded(), ran->output);
    return ran->output;
}

} // namespace

TEST_CASE("containerd without a file gets one that imports ours, and is on then") {
    const TemporaryRoot tree;
    const auto facts = input::read_containerd(tree.root);
    CHECK(text_of(facts, main_file) ==
          "version = 2\nimports = [\"/etc/containerd/conf.d/gpuboot*.toml\"]\n");
    CHECK(text_of(facts, drop_in).contains("\n[plugins.\"io.containerd.grpc.v1.cri\"]\n"));
    const auto after = again(tree, facts);
    CHECK(after.cdi == true);
    CHECK(after.said_in == drop_in);
    CHECK(after.with_cdi.empty());
}

TEST_CASE("the plugin's key is that of the configuration's version") {
    CHECK(text_of(containerd("version = 3\n"), drop_in)
              .contains("\nversion = 3\n\n[plugins.\"io.containerd.cri.v1.runtime\"]\n"));
    CHECK(containerd("root = \"/srv\"\n").flaw == main_file + ": version: wanted 2 or 3, found 1");
}

TEST_CASE("imports are kept, and none is added where ours is covered") {
    const auto facts = containerd("# mine\nversion = 2\nimports = [\"/srv/a.toml\"] # keep\n");
    CHECK(text_of(facts, main_file) == "# mine\nversion = 2\nimports = [\"/srv/a.toml\", "
                                       "\"/etc/containerd/conf.d/gpuboot*.toml\"] # keep\n");
    for (const char* pattern : {"/etc/containerd/conf.d/*", "conf.d/*.toml"}) {
        const auto covered =
            containerd("version = 2\nimports = [\"" + std::string(pattern) + "\"]\n");
        CHECK(covered.with_cdi.size() == 1);
        CHECK(covered.with_cdi.front().path == drop_in);
    }
    CHECK(text_of(containerd("version = 2\nimports = []\n"), main_file) ==
          "version = 2\nimports = [\"/etc/containerd/conf.d/gpuboot*.toml\"]\n");
}

TEST_CASE("a table that is there is added to, because a second one would replace it") {
    const std::string text = "version = 2\n\n[plugins]\n"
                             "  [plugins.\"io.containerd.grpc.v1.cri\"]\n"
                             "    sandbox_image = \"pause:3.9\"\n"
                             "    [plugins.\"io.containerd.grpc.v1.cri\".containerd]\n"
                             "      snapshotter = \"overlayfs\"\n"
                             "[plugins.\"io.containerd.gc.v1.scheduler\"]\n"
                             "  pause_threshold = 0.02\n";
    const TemporaryRoot tree;
    tree.write(main_file, text);
    const auto facts = input::read_containerd(tree.root);
    REQUIRE(facts.with_cdi.size() == 1);
    std::string rest = facts.with_cdi.front().text;
    const std::string added = "enable_cdi = true\ncdi_spec_dirs = [\"/etc/cdi\", "
                              "\"/var/run/cdi\"]\n";
    const auto at = rest.find(added);
    REQUIRE(at != std::string::npos);
    CHECK(rest.erase(at, added.size()) == text);
    CHECK(again(tree, facts).cdi == true);
}

TEST_CASE("a table of which only parts have a header gets one, before those") {
    const TemporaryRoot tree;
    tree.write(main_file, "version = 2\n[plugins.'io.containerd.grpc.v1.cri'.containerd]\n"
                          "default_runtime_name = \"runc\"\n");
    const auto facts = input::read_containerd(tree.root);
    CHECK(text_of(facts, main_file)
              .starts_with("version = 2\n[plugins.'io.containerd.grpc.v1.cri'"
                           "]\nenable_cdi = true\n"));
    const auto after = again(tree, facts);
    CHECK(after.cdi == true);
    CHECK(after.said_in == main_file);
}

TEST_CASE("the table of an import is the one that counts, and is added to there") {
    const TemporaryRoot tree;
    tree.write(main_file, "version = 2\nimports = [\"/srv/*.toml\"]\n"
                          "[plugins.\"io.containerd.grpc.v1.cri\"]\nenable_cdi = true\n");
    tree.write("/srv/site.toml", "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\"]\n"
                                 "sandbox_image = \"x\"\n");
    const auto facts = input::read_containerd(tree.root);
    CHECK_FALSE(facts.cdi);
    REQUIRE(facts.with_cdi.size() == 1);
    CHECK(facts.with_cdi.front().path == "/srv/site.toml");
    CHECK(again(tree, facts).cdi == true);
}

TEST_CASE("a table that is written in a line of its own way is left alone") {
    for (const char* text : {"version = 2\nplugins = {\"io.containerd.grpc.v1.cri\" = {}}\n",
                             "version = 2\n[plugins]\n\"io.containerd.grpc.v1.cri\" = {a = 1}\n"}) {
        const auto facts = containerd(text);
        CHECK(facts.flaw == "");
        CHECK(facts.with_cdi.empty());
        CHECK(facts.said_in == main_file);
    }
}

TEST_CASE("an operator's word on CDI, and where specs are looked for") {
    const auto off = containerd("version = 2\n[plugins.\"io.containerd.grpc.v1.cri\"]\n"
                                "enable_cdi = false\ncdi_spec_dirs = [\"/srv\"]\n");
    CHECK(off.cdi == false);
    CHECK(off.folders == std::vector<std::string>{"/srv"});
    CHECK(off.with_cdi.empty());
    const auto open = containerd("version = 2\n[plugins.\"io.containerd.grpc.v1.cri\"]\n"
                                 "cdi_spec_dirs = [\"/run/cdi\"]\n");
    CHECK(text_of(open, main_file)
              .ends_with("cri\"]\nenable_cdi = true\ncdi_spec_dirs = [\"/run/cdi\"]\n"));
}

TEST_CASE("Debian's containerd takes our file for the CRI plugin's, and keeps what else there is") {
    const TemporaryRoot tree;
    tree.write(main_file, "version = 2\nroot = \"/srv/containerd\"\n"
                          "imports = [\"/etc/containerd/site/*.toml\"]\n");
    tree.write("/etc/containerd/site/a.toml", "version = 2\noom_score = -7\n");
    CHECK(again(tree, input::read_containerd(tree.root)).cdi == true);
    // It is too old to show the keys themselves: another key in the same table shows whose it is.
    tree.write(drop_in, tree.read(drop_in) + "sandbox_image = \"in.our/table\"\n");
    const std::string dumped = dump(tree);
    CHECK(dumped.contains(drop_in));
    CHECK(dumped.contains("/etc/containerd/site/a.toml"));
    CHECK(dumped.contains("root = \"/srv/containerd\""));
    CHECK(dumped.contains("oom_score = -7"));
    CHECK(dumped.contains("sandbox_image = \"in.our/table\""));
}

TEST_CASE("and a table of the operator's is whole after ours are in it") {
    const TemporaryRoot tree;
    tree.write(main_file, "version = 2\n[plugins.\"io.containerd.grpc.v1.cri\"]\n"
                          "sandbox_image = \"operators/pause\"\n"
                          "[plugins.\"io.containerd.grpc.v1.cri\".containerd]\n"
                          "default_runtime_name = \"operators\"\n");
    CHECK(again(tree, input::read_containerd(tree.root)).cdi == true);
    const std::string dumped = dump(tree);
    CHECK(dumped.contains("sandbox_image = \"operators/pause\""));
    CHECK(dumped.contains("default_runtime_name = \"operators\""));
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
    CHECK(input::read_crio(tree.root).folders.empty());
    tree.write("/etc/crio/crio.conf", "[crio.runtime]\ncdi_spec_dirs = [\"/a\"]\n");
    tree.write("/etc/crio/crio.conf.d/10-site.conf", "[crio.runtime]\ncdi_spec_dirs = [\"/b\"]\n");
    const auto facts = input::read_crio(tree.root);
    CHECK(facts.folders == std::vector<std::string>{"/b"});
    CHECK(facts.with_cdi.front().text ==
          "# Written by gpuboot.\n[crio.runtime]\ncdi_spec_dirs = [\"/b\", \"/var/run/cdi\"]\n");
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
