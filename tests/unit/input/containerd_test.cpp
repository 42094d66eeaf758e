// SPDX-License-Identifier: LGPL-2.1-or-later
// P25: what an operator wrote for containerd stays, whatever is added.
#include "input/containerd.hpp"

#include <doctest/doctest.h>

#include "base/process.hpp"
#include "decide/runtimes.hpp"
#include "fakes/temporary_root.hpp"
#include "input/own_file.hpp"

using namespace gpuboot;
using namespace gpuboot::model;
using fakes::TemporaryRoot;

namespace {

const std::string main_file = "/etc/containerd/config.toml";
const std::string drop_in = "/etc/containerd/conf.d/gpuboot.toml";

/// As the containerd of that version has it.
RuntimeFacts read(const TemporaryRoot& tree, const std::string& version = "1.7.24") {
    return input::read_containerd(tree.root, [&] { return version; });
}

RuntimeFacts containerd(const std::string& text, const std::string& version = "1.7.24") {
    const TemporaryRoot tree;
    tree.write(main_file, text);
    return read(tree, version);
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
    return read(tree);
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
    const auto facts = read(tree);
    CHECK(text_of(facts, main_file) ==
          "version = 2\nimports = [\"/etc/containerd/conf.d/gpuboot*.toml\"]\n");
    CHECK(text_of(facts, drop_in).contains("\n[plugins.\"io.containerd.grpc.v1.cri\"]\n"));
    CHECK_FALSE(text_of(facts, drop_in).contains("version"));
    const auto after = again(tree, facts);
    CHECK(after.cdi == true);
    CHECK(after.said_in == drop_in);
    CHECK(after.with_cdi.empty());
}

TEST_CASE("the plugin's key is that of the configuration's version") {
    const auto of_2_x = containerd("version = 3\n");
    CHECK(text_of(of_2_x, drop_in).contains("\n[plugins.\"io.containerd.cri.v1.runtime\"]\n"));
    CHECK(of_2_x.version == "2.0"); // 1.x does not start with it
    CHECK(decide::plan_runtimes({of_2_x}).empty());
}

TEST_CASE("a configuration of version 1 is told, but where containerd migrates it or has CDI on") {
    const std::string text = "root = \"/srv\"\n";
    CHECK(containerd(text).flaw == main_file + ": version: wanted 2, found 1");
    CHECK(containerd(text, "2.1.4").flaw == "");
    CHECK(containerd("[plugins.cri]\nenable_cdi = true\n").cdi == true);
    // An import's version is that of all, and with no setting at all there is none to lose.
    const TemporaryRoot tree;
    tree.write(main_file, "imports = [\"/srv/a.toml\"]\n");
    tree.write("/srv/a.toml", "version = 2\n");
    CHECK(read(tree).flaw == "");
    CHECK(text_of(containerd("# nothing\n"), main_file) ==
          "version = 2\nimports = [\"/etc/containerd/conf.d/gpuboot*.toml\"]\n# nothing\n");
}

TEST_CASE("imports are kept, and none is added where ours is covered") {
    const auto facts = containerd("# mine\nversion = 2\nimports = [\"/srv/*.toml\"] # keep\n");
    CHECK(text_of(facts, main_file) == "# mine\nversion = 2\nimports = [\"/srv/*.toml\", "
                                       "\"/etc/containerd/conf.d/gpuboot*.toml\"] # keep\n");
    const auto covered = containerd("version = 2\nimports = [\"/etc/containerd/conf.d/*\"]\n");
    REQUIRE(covered.with_cdi.size() == 1);
    CHECK(covered.with_cdi.front().path == drop_in);
    // 1.7.0 looks for it in its own working directory.
    CHECK(containerd("version = 2\nimports = [\"conf.d/*.toml\"]\n").with_cdi.size() == 2);
    CHECK(text_of(containerd("version = 2\nimports = []\n"), main_file) ==
          "version = 2\nimports = [\"/etc/containerd/conf.d/gpuboot*.toml\"]\n");
}

TEST_CASE("a list of imports is edited however it is written") {
    const std::string ours = "\"/etc/containerd/conf.d/gpuboot*.toml\"";
    const auto edited = [](const std::string& text) {
        return text_of(containerd(text), main_file);
    };
    const std::string head = "# imports = [\"/a\"] and its version\nversion = 2 # of imports\n";
    CHECK(edited(head) == head + "imports = [" + ours + "]\n");
    CHECK(edited(head + "imports = [\"/*/a\",]\n") ==
          head + "imports = [\"/*/a\", " + ours + "]\n");
    CHECK(edited(head +
                 "imports = [ # no \"]\"\n  '/*/a]', # imports = []\n  # end\n]\nroot = \"/\"\n") ==
          head + "imports = [ # no \"]\"\n  '/*/a]', " + ours +
              " # imports = []\n  # end\n]\nroot = \"/\"\n");
    CHECK(edited(head + "\"imports\"=[\"/*/\\\"]\"]\n") ==
          head + "\"imports\"=[\"/*/\\\"]\", " + ours + "]\n");
    CHECK(edited("root = \"version\"\n[plugins.x]\nversion = 2\n") == "");
    CHECK(edited(head + "imports = [\"\"\"\n/*/a\"\"\"]\n") == "");
}

TEST_CASE("imports of imports are followed, each from its own folder, breadth first") {
    const TemporaryRoot tree;
    const auto table = [](const std::string& key) {
        return "[plugins.\"io.containerd.grpc.v1.cri\"]\n" + key + "\n";
    };
    tree.write(main_file, "version = 2\nimports = [\"a/*.toml\", \"/srv/b.toml\"]\n");
    tree.write("/etc/containerd/a/.1.toml", "imports = [\"../deep/c.toml\"]\n");
    tree.write("/srv/b.toml", table("enable_cdi = false"));
    tree.write("/etc/containerd/deep/c.toml", table("enable_cdi = true"));
    CHECK(read(tree).said_in == "/etc/containerd/deep/c.toml");
    CHECK(read(tree).cdi == true);
    // A circle is none to containerd, which takes no file twice.
    tree.write("/srv/b.toml", "imports = [\"/srv/b.toml\", \"/etc/containerd/config.toml\"]\n");
    CHECK(read(tree).cdi == true);
    tree.write("/srv/b.toml", "imports = [\"none.toml\"]\n");
    CHECK(read(tree).flaw.contains("/srv/none.toml"));
    for (int at = 0; at < 80; ++at)
        tree.write("/srv/b" + std::to_string(at) + ".toml", "");
    tree.write("/srv/b.toml", "imports = [\"*.toml\"]\n");
    CHECK(read(tree).flaw.contains("wanted no more than 64 files"));
}

TEST_CASE("containerd 2.x merges tables key by key, 1.x takes the last one whole") {
    const TemporaryRoot tree;
    const std::string table = "[plugins.\"io.containerd.grpc.v1.cri\"]\n";
    tree.write(main_file, "version = 2\nimports = [\"/srv/a.toml\"]\n" + table +
                              "enable_cdi = false\ncdi_spec_dirs = [\"/x\"]\n");
    tree.write("/srv/a.toml", "version = 2\n" + table + "cdi_spec_dirs = [\"/y\"]\n");
    const auto merged = read(tree, "2.1.9");
    CHECK(merged.cdi == false);
    CHECK(merged.folders == std::vector<std::string>{"/y"});
    CHECK(merged.said_in == main_file);
    CHECK_FALSE(read(tree, "1.7.24").cdi);
    CHECK(read(tree, "1.7.24").folders == std::vector<std::string>{"/y"});
}

TEST_CASE("our drop-in makes way for a table that somebody wrote after it") {
    const std::string imports =
        "version = 2\nimports = [\"/etc/containerd/conf.d/gpuboot*.toml\"]\n";
    const std::string table = "[plugins.\"io.containerd.grpc.v1.cri\"]\nsandbox_image = \"x\"\n";
    const TemporaryRoot tree;
    CHECK(again(tree, read(tree)).cdi == true);
    tree.write(main_file, imports + table);
    auto facts = read(tree);
    CHECK_FALSE(facts.cdi);
    REQUIRE(facts.with_cdi.size() == 2);
    CHECK(text_of(facts, main_file).ends_with("\"/var/run/cdi\"]\nsandbox_image = \"x\"\n"));
    CHECK_FALSE(text_of(facts, drop_in).contains("[plugins"));
    CHECK(decide::plan_runtimes({facts}).size() == 1);
    tree.write(main_file, imports + table + "enable_cdi = false\n");
    facts = read(tree);
    CHECK(facts.cdi == false);
    const Plan plan = decide::plan_runtimes({facts});
    REQUIRE(plan.size() == 1);
    CHECK((std::get<ConfigureRuntime>(plan.front()).files == facts.uncovered));
    tree.write(drop_in, facts.uncovered.front().text);
    CHECK(decide::plan_runtimes({read(tree)}).empty());
    // Once that table is gone ours takes its place again.
    tree.write(main_file, imports);
    CHECK(again(tree, read(tree)).cdi == true);
    CHECK(read(tree, "not asked").version == "");
    // Merged, it takes nothing away from a table that says nothing of CDI.
    tree.write(main_file, imports + table);
    CHECK(decide::plan_runtimes({read(tree, "2.1.9")}).empty());
}

TEST_CASE("a drop-in of ours that somebody changed is theirs") {
    const TemporaryRoot tree;
    again(tree, read(tree));
    const std::string text = tree.read(drop_in);
    CHECK(input::is_own_text(text));
    CHECK_FALSE(input::is_own_text(text + "\n"));
    CHECK_FALSE(input::is_own_text("# Written by gpuboot.\n"));
    CHECK_FALSE(input::is_own_text(""));
    tree.write(drop_in, "# mine now\n");
    CHECK(read(tree).with_cdi.empty());
    CHECK(decide::judge_runtimes({read(tree)}).size() == 1);
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
    const auto facts = read(tree);
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
    const auto facts = read(tree);
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
    const auto facts = read(tree);
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
    CHECK(again(tree, read(tree)).cdi == true);
    // It is too old to show the keys themselves: another key in the same table shows whose it is.
    tree.write(drop_in, tree.read(drop_in) + "sandbox_image = \"in.our/table\"\n");
    const std::string dumped = dump(tree);
    CHECK(dumped.contains(drop_in));
    CHECK(dumped.contains("/etc/containerd/site/a.toml"));
    CHECK(dumped.contains("root = \"/srv/containerd\""));
    CHECK(dumped.contains("oom_score = -7"));
    CHECK(dumped.contains("sandbox_image = \"in.our/table\""));
}
