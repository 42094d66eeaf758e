// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/build.hpp"

#include <algorithm>
#include <set>

#include "base/at_once.hpp"
#include "base/names.hpp"
#include "execute/build_log.hpp"
#include "execute/failed_build.hpp"
#include "execute/space.hpp"

namespace gpuboot::execute {

namespace {

using Clock = std::chrono::steady_clock;

void tell(const BuildOrder& order, std::string stage, std::size_t done = 0, std::size_t total = 0) {
    if (order.on_progress) order.on_progress({std::move(stage), done, total});
}

/// What dkms sets for the recipe, and what keeps two compiles of the same inputs alike.
std::vector<std::string> environment(const BuildOrder& order, const BuildArea& area,
                                     unsigned jobs) {
    const std::string& kernel = order.target.kernel;
    // GNU make takes variables from here as if they stood on its command line: over what the
    // kernel's own Makefile sets, and whatever the recipe's call of make looks like.
    std::string flags = "CC=" + order.target.tools.compiler;
    if (!order.target.tools.llvm.empty()) flags += " LLVM=" + order.target.tools.llvm;
    return {"MAKEFLAGS=" + flags,
            "kernelver=" + kernel,
            "kernel_source_dir=/lib/modules/" + kernel + "/build",
            "arch=" + order.target.arch,
            "module=" + order.recipe.name,
            "module_version=" + order.recipe.version,
            "PACKAGE_NAME=" + order.recipe.name,
            "PACKAGE_VERSION=" + order.recipe.version,
            "parallel_jobs=" + std::to_string(jobs),
            "TMPDIR=" + area.temporary(),
            "KBUILD_BUILD_TIMESTAMP=@0",
            "KBUILD_BUILD_USER=gpuboot",
            "KBUILD_BUILD_HOST=gpuboot"};
}

/// Every object once: a source file each, and one more per module.
class Counter {
  public:
    explicit Counter(const BuildOrder& order) : order_(order) {
        const auto is_source = [](const source::TreeFile& file) {
            return file.path.ends_with(".c") || file.path.ends_with(".S");
        };
        total_ =
            static_cast<std::size_t>(std::ranges::count_if(order.recipe.tree.files, is_source));
        total_ += order.recipe.modules.size();
    }

    void see(std::string_view line) {
        if (const auto object = compiled_object(line)) {
            // A file shows up once more when its symbols are versioned.
            if (!compiled_.insert(*object).second) return;
            tell(order_, "compiling", std::min(compiled_.size(), total_), total_);
        } else if (compiled_.empty() && line.starts_with(" CONFTEST: ")) {
            // NVIDIA's own word: several hundred questions to the kernel's headers, uncounted.
            tell(order_, "probing the kernel's headers", ++probed_);
        }
    }

  private:
    const BuildOrder& order_;
    std::size_t total_ = 0, probed_ = 0;
    std::set<std::string> compiled_;
};

class Compile {
  public:
    Compile(const Root& root, Effects& effects, const BuildOrder& order, const BuildArea& area)
        : root_(root), effects_(effects), order_(order), area_(area), log_(area.tree()),
          end_(Clock::now() + order.deadline) {
        log_.add("gpuboot: compiled " + order.confinement.text());
    }

    Result<void> run() {
        auto compiled = make();
        if (!compiled && log_.out_of_memory()) {
            // Some files of a driver alone take a GiB to compile; all processors at once do not
            // fit.
            tell(order_, "compiling again, one file at a time: memory ran out");
            log_.forget_failure();
            jobs_ = 1;
            compiled = make();
            if (!compiled && log_.out_of_memory()) compiled.error().code = Errc::OutOfMemory;
        }
        if (compiled) compiled = strip();
        // For a person; that it could not be written must not hide how the compile went.
        (void)effects_.replace_file(names::build_log, log_.text(), 0644);
        return compiled;
    }

    std::string log() const { return log_.text(); }

  private:
    Result<void> make() { return step({"/bin/sh", "-c", order_.recipe.make}, "the compile"); }

    Result<void> strip() {
        tell(order_, "stripping debug information");
        std::vector<std::string> argv{order_.target.tools.strip, "--strip-debug", "--"};
        for (const source::BuiltModule& module : order_.recipe.modules) {
            argv.push_back(product_path(area_.tree(), module));
            if (!root_.status(argv.back())) // said here, where it is plainer than strip's words
                return fail(Errc::Hopeless,
                            "the compile ended well but made no " + module.name + ".ko");
        }
        return step(argv, "strip");
    }

    Result<void> step(const std::vector<std::string>& argv, const std::string& what) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - Clock::now());
        Tool tool = confined(order_.confinement, area_.tree(), area_.path(),
                             environment(order_, area_, jobs_), argv,
                             std::max(left, std::chrono::milliseconds(1)));
        Counter counter(order_);
        bool ended = !order_.confinement.unit;
        tool.on_line = [&](std::string_view line) {
            if (order_.confinement.unit && line == ended_in_unit) {
                ended = true;
                return;
            }
            log_.add(line);
            counter.see(line);
        };
        auto ran = effects_.run(tool);
        if (!ran) return forward(std::move(ran).error());
        if (ran->succeeded() && ended) return {};
        const std::string log = " (log: " + std::string(names::build_log) + ")";
        if (ran->timed_out)
            return fail(Errc::Timeout, what + " did not end within " +
                                           std::to_string(order_.deadline.count() / 1000) +
                                           " s; its last word: " + log_.last() + log);
        if (!ended) return fail(Errc::Io, what + " was stopped from outside" + log);
        if (log_.blames_source())
            return fail(Errc::Hopeless, what + " failed: " + log_.failure() +
                                            " (log: " + failed_log_path(order_.id) + ")");
        return fail(Errc::Io, what + " failed: " + log_.failure() + log);
    }

    const Root& root_;
    Effects& effects_;
    const BuildOrder& order_;
    const BuildArea& area_;
    BuildLog log_;
    Clock::time_point end_;
    unsigned jobs_ = static_cast<unsigned>(processors());
};

/// Beside the record of the failure that flow/ makes of it, as long as that stands.
void keep_log(Effects& effects, const BuildOrder& order, const Compile& compile) {
    if (effects.ensure_directory(names::failed_directory, 0755))
        (void)effects.replace_file(failed_log_path(order.id), compile.log(), 0644);
}

} // namespace

Result<std::vector<Product>> build(const Root& root, Effects& effects, const BuildOrder& order) {
    if (auto made = effects.ensure_directory(names::build_directory, 0755); !made)
        return forward(std::move(made).error());
    // Measured with NVIDIA's open driver: 192 MB of source become 775 MB in 1237 files.
    const source::Tree& tree = order.recipe.tree;
    if (auto room =
            require_space(root, names::build_directory, 4 * tree.bytes, 4 * tree.files.size());
        !room)
        return forward(std::move(room).error());

    BuildArea area(root, effects, order.id);
    tell(order, "copying the source");
    if (auto filled = area.fill(order.recipe, order.confinement.user); !filled)
        return forward(std::move(filled).error());
    Compile compile(root, effects, order, area);
    Result<std::vector<Product>> products;
    if (auto compiled = compile.run(); !compiled) {
        products = forward(std::move(compiled).error());
    } else {
        tell(order, "reading the products");
        products =
            collect_products(root, area.tree(), order.recipe, order.target, order.compression);
        // Made of the same inputs it would be as wrong as it is (F-66, F-71).
        if (!products && products.error().sys == 0) products.error().code = Errc::Hopeless;
    }
    if (!products && products.error().code == Errc::Hopeless) keep_log(effects, order, compile);
    return products;
}

} // namespace gpuboot::execute
