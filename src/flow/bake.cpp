// SPDX-License-Identifier: LGPL-2.1-or-later
#include "flow/bake.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include "base/names.hpp"
#include "decide/judge_compile.hpp"
#include "execute/build.hpp"
#include "execute/commit.hpp"
#include "execute/failed_build.hpp"
#include "execute/fitness.hpp"
#include "execute/lock.hpp"
#include "execute/recovery.hpp"
#include "flow/marks.hpp"
#include "input/failed_builds.hpp"
#include "input/policy.hpp"
#include "source/bake_id.hpp"
#include "source/userspace.hpp"

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
                        const source::Target& target, source::Userspace userspace) {
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
    marker.userspace_sha256 = std::move(userspace.sha256);
    marker.bundled = std::move(userspace.files);
    // A pin that names all of them means the same as one that names none.
    if (!recipe.left_out.empty()) marker.asked = pin.modules;
    marker.id = source::bake_id(marker);
    return marker;
}

class Baking {
  public:
    Baking(const Root& root, execute::Effects& effects, const BakeOptions& options)
        : root_(root), effects_(effects), options_(options),
          confinement_(execute::choose_confinement(root, effects, options.confine)) {}

    Result<BakeResult> run(const model::Pin& pin) {
        auto lock = execute::Lock::take_bake(root_, effects_, at_once);
        if (!lock && lock.error().code == Errc::Busy) {
            tell("waiting for another gpuboot to finish");
            lock = execute::Lock::take_bake(root_, effects_, options_.deadline);
        }
        if (!lock) return forward(std::move(lock).error());
        recover();

        tell("reading source and kernel headers");
        auto kernel = source::choose_kernel(root_, options_.kernel, pin);
        if (!kernel) return forward(std::move(kernel).error());
        input::Toolchain tools = input::read_toolchain(root_, *kernel);
        if (!tools.lacks.empty()) return fail(Errc::NotFound, told(tools.lacks));
        auto target =
            source::read_target(root_, *kernel, std::move(tools), [this](const auto& argv) {
                return effects_.run(
                    execute::confined(confinement_, "/", "", {}, argv, std::chrono::seconds(30)));
            });
        if (!target) return forward(std::move(target).error());
        auto recipe = source::read_dkms_tree(root_, pin);
        if (!recipe) return forward(std::move(recipe).error());
        auto userspace = read_userspace(pin, *target);
        if (!userspace) return forward(std::move(userspace).error());
        userspace_ = std::move(userspace->folder);
        const model::Marker inputs = inputs_of(pin, *recipe, *target, std::move(*userspace));
        if (options_.on_id) options_.on_id(inputs.id);
        if (options_.force) return compile(inputs, *recipe, *target);
        if (auto unmarked = require_unmarked(root_, inputs.id); !unmarked)
            return forward(std::move(unmarked).error());
        for (const std::string_view store : {names::store, names::vendor_store})
            if (const std::string path = std::string(store) + "/" + inputs.id;
                execute::unfit(root_, path, inputs).empty())
                return reuse(inputs, path);
        const auto failed = input::read_failed_build(root_, inputs.id);
        if (failed && failed->inputs == execute::failed_inputs(inputs, *target))
            return fail(Errc::Remembered, failed->error);
        return compile(inputs, *recipe, *target);
    }

  private:
    static constexpr std::chrono::milliseconds at_once{0};

    static std::string told(const std::vector<model::Lack>& lacks) {
        std::string text;
        for (const model::Reason& reason : decide::judge_lacks(lacks))
            text += (text.empty() ? "" : "; ") + to_text(reason);
        return text;
    }

    /// Empty when the pin wants none.
    Result<source::Userspace> read_userspace(const model::Pin& pin, const source::Target& target) {
        if (!pin.userspace) return source::Userspace{};
        tell("reading the userspace");
        std::vector<std::string> bakes;
        for (const std::string_view store : {names::store, names::vendor_store})
            for (const std::string& id : root_.list(store).value_or(std::vector<std::string>{}))
                if (const std::string folder = std::string(store) + "/" + id;
                    holds_userspace(folder, pin))
                    bakes.push_back(folder);
        return source::read_userspace(root_, pin, target.arch, bakes);
    }

    bool holds_userspace(const std::string& folder, const model::Pin& pin) const {
        const auto marker =
            root_.read_text(folder + "/" + std::string(names::marker_file), 1 << 20);
        return marker && marker->contains(pin.userspace->sha256);
    }

    /// Where a check is at work, its store is left to the commit.
    void recover() {
        std::size_t removed = execute::recover_builds(root_, effects_);
        if (auto lock = execute::Lock::take(root_, effects_, at_once))
            removed += execute::recover(root_, effects_);
        if (removed > 0) tell("removed what an interrupted bake left");
    }

    static std::string path_of(const model::Marker& inputs) {
        return execute::bake_path(inputs.id);
    }

    void tell(std::string stage) const {
        if (options_.on_progress) options_.on_progress({std::move(stage), 0, 0});
    }

    /// Whoever made it may have died before the store was forced to disk.
    Result<BakeResult> reuse(const model::Marker& inputs, const std::string& path) {
        if (path == path_of(inputs))
            if (auto synced = effects_.sync_directory(names::store); !synced)
                return forward(std::move(synced).error());
        return result_of(inputs, path, true);
    }

    Result<BakeResult> compile(const model::Marker& inputs, const source::Recipe& recipe,
                               const source::Target& target) {
        auto built = execute::build(
            root_, effects_,
            {inputs.id, recipe, target, confinement_, options_.deadline, options_.on_progress,
             input::read_policy(root_).policy.bake_compression, options_.force});
        if (!built) return remember(inputs, target, std::move(built).error());
        tell("committing");
        auto lock = execute::Lock::take(root_, effects_, options_.deadline);
        if (!lock) return forward(std::move(lock).error(), "committing");
        (void)execute::recover(root_, effects_);
        const auto existing = options_.force ? execute::Existing::Replace : execute::Existing::Keep;
        if (auto done = execute::commit_bake(root_, effects_, inputs, built->products, existing,
                                             userspace_);
            !done)
            return forward(std::move(done).error(), "committing");
        // One that stays says nothing any more: the bake is looked for first.
        (void)execute::forget_failure(effects_, inputs.id);
        if (auto lifted = lift_marks(root_, effects_, inputs.id); !lifted)
            return forward(std::move(lifted).error(), "clearing its records");
        auto result = result_of(inputs, path_of(inputs), false);
        result.walls = confinement_.text();
        result.times = built->times;
        return result;
    }

    std::unexpected<Error> remember(const model::Marker& inputs, const source::Target& target,
                                    Error error) {
        if (error.code == Errc::Hopeless)
            if (auto noted = execute::remember_failure(
                    root_, effects_, inputs.id, execute::failed_inputs(inputs, target), error.what);
                !noted)
                error.what += " (and could not be remembered: " + noted.error().what + ")";
        return forward(std::move(error));
    }

    BakeResult result_of(const model::Marker& inputs, const std::string& path, bool reused) const {
        BakeResult result{inputs.id, path, 0, 0, reused};
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
    std::string userspace_; ///< the folder it is taken from; "" when the bake bundles none
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
