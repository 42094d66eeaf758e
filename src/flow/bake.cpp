// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/bake.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "base/names.hpp"
#include "execute/build.hpp"
#include "execute/commit.hpp"
#include "execute/fitness.hpp"
#include "execute/lock.hpp"
#include "source/bake_id.hpp"

namespace gpuboot::flow {

namespace {

/// What is plainly missing is said at once, in one sentence each (S4-28).
Result<void> require_rights(const std::string& confine) {
    if (::geteuid() != 0)
        return fail(Errc::Denied, "baking needs root: it hands the compile to a user without "
                                  "rights and keeps the result in " +
                                      std::string(names::store));
    if (::access("/proc/self/fd", X_OK) != 0)
        return fail(Errc::Unsupported, "baking needs /proc: mount it in this chroot first");
    if (::access(confine.c_str(), X_OK) != 0) return fail_errno(confine);
    return {};
}

model::Marker inputs_of(const model::Pin& pin, const source::Recipe& recipe,
                        const source::Target& target) {
    model::Marker marker;
    marker.driver_version = pin.version;
    marker.kind = pin.kind;
    marker.kernel = target.kernel;
    marker.arch = target.arch;
    marker.source = pin.source.type + ":" + pin.source.name;
    marker.source_sha256 = recipe.sha256;
    marker.kernel_config_sha256 = target.config_sha256;
    marker.compiler = target.compiler;
    marker.made_by = "gpuboot " GPUBOOT_VERSION;
    marker.id = source::bake_id(marker);
    return marker;
}

class Baking {
  public:
    Baking(const Root& root, execute::Effects& effects, const BakeOptions& options)
        : root_(root), effects_(effects), options_(options),
          confinement_{options.confine, root.directory(), execute::find_build_user(root)} {}

    Result<BakeResult> run(const model::Pin& pin) {
        auto lock = execute::Lock::take(root_, effects_, std::chrono::milliseconds(0));
        if (!lock && lock.error().code == Errc::Busy) {
            tell("waiting for another gpuboot to finish");
            lock = execute::Lock::take(root_, effects_, options_.deadline);
        }
        if (!lock) return forward(std::move(lock).error());
        if (execute::recover(root_, effects_) > 0) tell("removed what an interrupted bake left");

        tell("reading source and kernel headers");
        auto kernel = source::choose_kernel(root_, options_.kernel, pin);
        if (!kernel) return forward(std::move(kernel).error());
        auto target = source::read_target(root_, *kernel, [this](const auto& argv) {
            return effects_.run(
                execute::confined(confinement_, "/", {}, argv, std::chrono::seconds(30)));
        });
        if (!target) return forward(std::move(target).error());
        auto recipe = source::read_dkms_tree(root_, pin);
        if (!recipe) return forward(std::move(recipe).error());
        const model::Marker inputs = inputs_of(pin, *recipe, *target);
        if (!options_.force && execute::unfit(root_, path_of(inputs), inputs).empty())
            return reuse(inputs);
        return compile(inputs, *recipe, *target);
    }

  private:
    static std::string path_of(const model::Marker& inputs) {
        return execute::bake_path(inputs.id);
    }

    void tell(std::string stage) const {
        if (options_.on_progress) options_.on_progress({std::move(stage), 0, 0});
    }

    /// Whoever made it may have died before the store was forced to disk.
    Result<BakeResult> reuse(const model::Marker& inputs) {
        if (auto synced = effects_.sync_directory(names::store); !synced)
            return forward(std::move(synced).error());
        return result_of(inputs, true);
    }

    Result<BakeResult> compile(const model::Marker& inputs, const source::Recipe& recipe,
                               const source::Target& target) {
        auto products = execute::build(
            root_, effects_,
            {inputs.id, recipe, target, confinement_, options_.deadline, options_.on_progress});
        if (!products) return forward(std::move(products).error());
        tell("committing");
        const auto existing = options_.force ? execute::Existing::Replace : execute::Existing::Keep;
        if (auto done = execute::commit_bake(root_, effects_, inputs, *products, existing); !done)
            return forward(std::move(done).error(), "committing");
        return result_of(inputs, false);
    }

    Result<BakeResult> result_of(const model::Marker& inputs, bool reused) const {
        BakeResult result{inputs.id, path_of(inputs), 0, 0, reused};
        const auto names = root_.list(result.path + "/modules");
        for (const std::string& name : names ? *names : std::vector<std::string>{})
            if (auto status = root_.status(result.path + "/modules/" + name))
                result.bytes += static_cast<std::uint64_t>(status->st_size);
        return result;
    }

    const Root& root_;
    execute::Effects& effects_;
    const BakeOptions& options_;
    execute::Confinement confinement_;
};

} // namespace

Result<BakeResult> bake(const Root& root, execute::Effects& effects, const model::Pin& pin,
                        const BakeOptions& options) {
    const auto begin = std::chrono::steady_clock::now();
    if (auto able = require_rights(options.confine); !able) return forward(std::move(able).error());
    ::umask(022); // modes are meant as written, whatever the caller's shell says (F-116)
    auto result = Baking(root, effects, options).run(pin);
    if (result)
        result->usec = std::chrono::duration_cast<std::chrono::microseconds>(
                           std::chrono::steady_clock::now() - begin)
                           .count();
    return result;
}

} // namespace gpuboot::flow
