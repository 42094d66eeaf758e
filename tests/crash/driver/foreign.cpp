// SPDX-License-Identifier: LGPL-2.1-or-later
#include "driver/foreign.hpp"

#include <cerrno>
#include <cstdlib>

#include "base/names.hpp"
#include "base/sealed.hpp"
#include "driver/played.hpp"
#include "fakes/aks_gpu_tree.hpp"
#include "fakes/failing_effects.hpp"
#include "flow/foreign.hpp"

namespace gpuboot::crash {

namespace {

using Kinds = std::vector<model::ForeignKind>;

/// Whether `path` is one of those that were there before the tool came.
bool is_there(const Tree& tree, const std::string& path) {
    const auto root = Root::open(tree.directory());
    return root->status(path).has_value();
}

/// S2-16, 5.5: on the way the intent names all that is gone, and the marker outlives the rest.
Result<void> half_way(const Tree& tree, const std::vector<std::string>& files) {
    std::size_t gone = 0;
    const std::string intent = unseal(tree.read(std::string(names::foreign_intent))).value_or("");
    for (const std::string& file : files) {
        if (is_there(tree, file)) continue;
        ++gone;
        if (!intent.empty() && !intent.contains("\"" + file + "\""))
            return fail(Errc::Internal, file + " is gone, and no intent names it");
    }
    if (gone == files.size() || gone == 0) return {};
    if (intent.empty()) return fail(Errc::Internal, "something is gone without an intent");
    if (!is_there(tree, files.back())) return fail(Errc::Internal, "the marker did not go last");
    return {};
}

/// "cleaned" is said when all of it is gone, and only then.
Result<void> remove(const Tree& tree, const Kinds& kinds, const std::vector<std::string>& files) {
    const auto root = Root::open(tree.directory());
    MutantEffects effects(*root, tree);
    const auto teardown = flow::purge_foreign(*root, effects, kinds);
    if (!teardown) return fail(teardown.error().code, teardown.error().what);
    if (!teardown->cleaned) {
        std::string left;
        for (const model::Reason& reason : teardown->kept)
            left += "; " + to_text(reason);
        return fail(Errc::Io, "incomplete" + left);
    }
    for (const std::string& file : files)
        if (is_there(tree, file)) std::abort(); // it lies: no error would be heard
    return {};
}

} // namespace

void add_removals(const std::string& scratch, std::vector<Scenario>& all) {
    const Tree probe(scratch + "/removal");
    probe.make();
    fakes::install_package(probe, kernel);
    const auto without = probe.content();
    const auto files = fakes::install_aks_gpu(probe, kernel);
    std::set<std::string> going;
    for (const auto& [path, content] : probe.content())
        if (!without.contains(path)) going.insert(path);
    probe.remove();

    const auto baked = [](const Tree& tree) {
        fakes::install_package(tree, kernel);
        fakes::install_aks_gpu(tree, kernel);
    };
    const auto beside = [baked](const Tree& tree) {
        baked(tree);
        fakes::install_runfile(tree, kernel);
    };
    const auto interrupted = [beside](const Tree& tree) {
        beside(tree);
        const auto root = Root::open(tree.directory());
        PlayedEffects effects(*root, tree);
        fakes::FailingEffects killed(effects, 14, EIO, fakes::Failing::FromThen);
        (void)flow::purge_foreign(*root, killed, {model::ForeignKind::AksGpu});
    };
    const auto removes = [files](const Kinds& kinds) {
        return [files, kinds](const Tree& tree) { return remove(tree, kinds, files); };
    };
    const auto goes_on = [files](const Tree& tree) -> Result<void> {
        if (auto held = half_way(tree, files); !held) return held;
        return remove(tree, {model::ForeignKind::AksGpu}, files);
    };
    const Kinds everything{model::ForeignKind::AksGpu};
    for (auto& [state, prepare, kinds] :
         std::vector<std::tuple<std::string, std::function<void(const Tree&)>, Kinds>>{
             {"of a baked image", baked, everything},
             {"beside a package's and a person's driver", beside, everything},
             {"that was interrupted", interrupted, {}}}) {
        Scenario scenario{"foreign removal " + state, prepare, removes(kinds), goes_on};
        scenario.going = going;
        all.push_back(std::move(scenario));
    }
}

} // namespace gpuboot::crash
