// SPDX-License-Identifier: LGPL-2.1-or-later
#include "driver/scenarios.hpp"

#include <sys/stat.h>

#include "base/names.hpp"
#include "base/sealed.hpp"
#include "driver/foreign.hpp"

namespace gpuboot::crash {

namespace {

const std::string store = std::string(names::store) + "/";
constexpr std::size_t small = 600;
constexpr const char* no_process = ".4194305"; // above any pid_max

/// Everything that interrupted runs can leave.
void litter(const Tree& tree, const std::string& id) {
    tree.write(store + ".new-" + id + "/modules/nvidia.ko", "half");
    tree.write(store + ".del-" + id + "-0/modules/nvidia.ko", "half");
    tree.write(store + ".del-" + id + "-0/marker.toml", "half");
    tree.write("/var/lib/gpuboot/build/" + id + "/tree/a.c", "half");
    tree.write(std::string("/var/lib/gpuboot/.build.log") + no_process, "half");
    tree.write(std::string("/run/gpuboot/.active") + no_process, "half");
    tree.write(std::string("/var/lib/gpuboot/records/.trial") + no_process, "half");
    tree.write("/var/lib/gpuboot/records/trial", "torn");
    tree.write(std::string("/var/lib/gpuboot/records/.conftest") + no_process, "half");
    tree.write("/var/lib/gpuboot/records/conftest", "torn");
}

void damage(const Tree& tree, const std::string& id) {
    const std::string path = store + id + "/modules/nvidia.ko";
    std::string text = tree.read(path);
    text[text.size() / 2] = static_cast<char>(text[text.size() / 2] ^ 1);
    tree.write(path, text);
}

void add_tools(const Tree& tree, const std::string& id) {
    tree.write(store + id + "/bin/helper", "rights");
    ::chmod(tree.outside(store + id + "/bin/helper").c_str(), 04755);
    tree.write(store + id + "/lib/a/libcuda.so.1", "library");
}

/// The bakes that all scenarios speak of.
class Bakes {
  public:
    explicit Bakes(const Tree& tree)
        : a(inputs(tree, kernel, "gcc 1")), b(inputs(tree, other_kernel, "gcc 1")),
          c(inputs(tree, kernel, "gcc 2")) {
        (void)crash::bake(tree, false);
        for (const std::string& id : visible(tree))
            flow = id;
    }
    model::Marker a, b, c;
    std::string flow; ///< of flow::bake

    std::function<void(const Tree&)> with(std::vector<model::Marker> markers) const {
        return [markers](const Tree& tree) {
            for (const model::Marker& marker : markers)
                (void)crash::commit(tree, marker, 2, small);
        };
    }
};

using Change = std::function<void(const Tree&)>;

Change both(Change first, Change second) {
    return [first, second](const Tree& tree) { first(tree), second(tree); };
}

void add_commits(const Bakes& bakes, std::vector<Scenario>& all) {
    const auto nothing = [](const Tree&) {};
    const auto commits = [&bakes](int count) {
        return [marker = bakes.a, count](const Tree& tree) {
            return crash::commit(tree, marker, count, small);
        };
    };
    const auto littered = [id = bakes.a.id](const Tree& tree) { litter(tree, id); };
    const auto damaged = [id = bakes.a.id](const Tree& tree) { damage(tree, id); };
    all.push_back({"commit of 1 module from nothing", nothing, commits(1), {}});
    all.push_back({"commit of 2 modules from nothing", nothing, commits(2), {}});
    all.push_back(
        {"commit of 4 modules beside two bakes", bakes.with({bakes.b, bakes.c}), commits(4), {}});
    all.push_back({"commit of 2 modules from leftovers", littered, commits(2), {}});
    all.push_back({"commit of 2 modules where one lies", bakes.with({bakes.a}), commits(2), {}});
    all.push_back({"commit of 2 modules where a damaged one lies",
                   both(bakes.with({bakes.a, bakes.b}), damaged),
                   commits(2),
                   {},
                   {bakes.a.id},
                   {bakes.a.id}});
}

void add_bakes(const Bakes& bakes, std::vector<Scenario>& all) {
    const auto bakes_it = [](const Tree& tree) { return crash::bake(tree, false); };
    const auto forces_it = [](const Tree& tree) { return crash::bake(tree, true); };
    const auto made = [](const Tree& tree) { (void)crash::bake(tree, false); };
    const auto damaged = [id = bakes.flow](const Tree& tree) { damage(tree, id); };
    const auto littered = [id = bakes.flow](const Tree& tree) { litter(tree, id); };
    all.push_back({"bake from nothing", [](const Tree&) {}, bakes_it, {}});
    all.push_back({"bake of the same again", made, bakes_it, {}});
    all.push_back({"bake by force over a fit one", made, forces_it, {}, {bakes.flow}});
    all.push_back(
        {"bake over a damaged one", both(made, damaged), bakes_it, {}, {bakes.flow}, {bakes.flow}});
    all.push_back({"bake from leftovers beside another",
                   both(bakes.with({bakes.b}), littered),
                   bakes_it,
                   {}});
}

void add_deletions(const Bakes& bakes, std::vector<Scenario>& all) {
    const auto purges = [id = bakes.a.id](const Tree& tree) { return crash::purge(tree, id); };
    const auto two = bakes.with({bakes.a, bakes.b}),
               three = bakes.with({bakes.a, bakes.b, bakes.c});
    const auto tools = [id = bakes.a.id](const Tree& tree) { add_tools(tree, id); };
    const auto littered = [id = bakes.a.id](const Tree& tree) { litter(tree, id); };
    const auto active = [id = bakes.b.id](const Tree& tree) {
        tree.link(std::string(names::active_link), store + id);
    };
    const auto bounded = [](const Tree& tree) {
        tree.write("/etc/gpuboot/gpuboot.toml", "schema = 1\n[store]\nkeep = 0\n");
    };
    all.push_back({"purge of one of two", two, purges, {}});
    all.push_back({"purge of one with tools and libraries", both(two, tools), purges, {}});
    all.push_back({"purge from leftovers", both(two, littered), purges, {}});
    all.push_back({"purge of all but the active one",
                   both(three, active),
                   [](const Tree& tree) { return crash::purge_all(tree); },
                   {}});
    all.push_back({"collection of what no kernel needs",
                   both(three, bounded),
                   [](const Tree& tree) { return crash::collect(tree); },
                   {}});
}

void add_boots(const Bakes& bakes, std::vector<Scenario>& all) {
    const auto checks = [](const Tree& tree) { return crash::check(tree, true); };
    const auto checks_no_gpu = [](const Tree& tree) { return crash::check(tree, false); };
    const auto one = bakes.with({bakes.a}), two = bakes.with({bakes.a, bakes.c});
    const auto stale = [](const Tree& tree) {
        tree.link(std::string(names::active_link), store + "gone");
    };
    const auto other = [id = bakes.b.id](const Tree& tree) {
        tree.link(std::string(names::active_link), store + id);
    };
    const auto half = [id = bakes.a.id](const Tree& tree) { // killed between two modules: F-09
        (void)crash::check(tree, true);
        const std::string modules = tree.read("/proc/modules"),
                          digests = tree.read("/proc/loaded-digests");
        tree.write("/proc/modules", modules.substr(0, modules.find('\n') + 1));
        tree.write("/proc/loaded-digests", digests.substr(0, digests.find('\n') + 1));
    };
    all.push_back({"activation at boot", one, checks, checks});
    all.push_back({"activation at boot, two bakes fit", two, checks, checks});
    all.push_back({"activation over a stale link", both(one, stale), checks, checks});
    all.push_back({"activation over the link to another",
                   both(bakes.with({bakes.a, bakes.b}), other), checks, checks});
    all.push_back({"activation of a half-loaded driver", both(two, half), checks, checks});
    all.push_back({"deactivation without a GPU", both(one, stale), checks_no_gpu, checks_no_gpu});
    all.push_back({"deactivation of a bake that lies there",
                   both(bakes.with({bakes.a, bakes.b}), other), checks_no_gpu, checks_no_gpu});
}

void add_rest(const Bakes& bakes, std::vector<Scenario>& all) {
    const auto recovers = [](const Tree& tree) { return crash::recover(tree); };
    const auto littered = [id = bakes.a.id](const Tree& tree) { litter(tree, id); };
    const auto notes = [](const Tree& tree) { return crash::note(tree, "new"); };
    const auto noted = [](const Tree& tree) { (void)crash::note(tree, "old"); };
    Scenario recovery{"recovery of leftovers", littered, recovers, {}};
    recovery.recovers = true;
    all.push_back(recovery);
    recovery.name = "recovery of leftovers beside two bakes";
    recovery.prepare = both(bakes.with({bakes.a, bakes.b}), littered);
    all.push_back(recovery);
    all.push_back({"record from nothing", [](const Tree&) {}, notes, {}});
    all.push_back({"record over an older one", noted, notes, {}});
}

} // namespace

std::vector<Scenario> scenarios(const std::string& scratch) {
    const Tree tree(scratch + "/names");
    tree.make();
    const Bakes bakes(tree);
    tree.remove();
    std::vector<Scenario> all;
    add_commits(bakes, all);
    add_bakes(bakes, all);
    add_deletions(bakes, all);
    add_boots(bakes, all);
    add_rest(bakes, all);
    add_removals(scratch, all);
    return all;
}

} // namespace gpuboot::crash
