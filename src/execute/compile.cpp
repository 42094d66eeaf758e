// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/compile.hpp"

#include <algorithm>

#include "base/at_once.hpp"
#include "base/names.hpp"
#include "execute/failed_build.hpp"

namespace gpuboot::execute {

namespace {

/// In the words of NVIDIA's Makefile; a tree that does not know them builds all it has.
std::string left_out_flag(const source::Recipe& recipe) {
    std::string names;
    for (const std::string& name : recipe.left_out)
        names += (names.empty() ? " NV_EXCLUDE_KERNEL_MODULES=" : "\\ ") + name;
    return names;
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names)
        text += (text.empty() ? "" : ", ") + name;
    return text;
}

/// What dkms sets for the recipe, and what keeps two compiles of the same inputs alike.
std::vector<std::string> environment(const BuildOrder& order, const BuildArea& area,
                                     unsigned jobs) {
    const std::string& kernel = order.target.kernel;
    // GNU make takes variables from here as if they stood on its command line: over what the
    // kernel's own Makefile sets, and whatever the recipe's call of make looks like.
    std::string flags = "CC=" + order.target.tools.compiler;
    if (!order.target.tools.llvm.empty()) flags += " LLVM=" + order.target.tools.llvm;
    flags += left_out_flag(order.recipe);
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
        } else if (questions_.see(line) && compiled_.empty()) {
            // How many there will be, only make knows.
            tell(order_, "probing the kernel's headers", questions_.asked().size());
        }
    }

    const Questions& questions() const { return questions_; }

  private:
    const BuildOrder& order_;
    std::size_t total_ = 0;
    Questions questions_;
    std::set<std::string> compiled_;
};

} // namespace

void tell(const BuildOrder& order, std::string stage, std::size_t done, std::size_t total) {
    if (order.on_progress) order.on_progress({std::move(stage), done, total});
}

Compile::Compile(const Root& root, Effects& effects, const BuildOrder& order, const BuildArea& area)
    : root_(root), effects_(effects), order_(order), area_(area), log_(area.tree()),
      end_(Clock::now() + order.deadline), jobs_(static_cast<unsigned>(processors())) {
    log_.add("gpuboot: compiled " + order.confinement.text());
}

Result<void> Compile::run() {
    auto compiled = make();
    if (!compiled && log_.out_of_memory()) {
        // Some files of a driver alone take a GiB to compile; all processors at once do not
        // fit.
        tell(order_, "compiling again, one file at a time: memory ran out");
        ran_short_ = true;
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

std::optional<std::set<std::string>> Compile::answered() const {
    if (!all_answered_ || ran_short_ || log_.ran_short()) return std::nullopt;
    return asked_;
}

Result<void> Compile::make() {
    Counter counter(order_);
    auto made = step({"/bin/sh", "-c", order_.recipe.make}, "the compile",
                     [&](std::string_view line) { counter.see(line); });
    const Questions& questions = counter.questions();
    asked_.insert(questions.asked().begin(), questions.asked().end());
    all_answered_ = questions.answered();
    if (const auto probing = questions.probing()) {
        if (!times_) times_.emplace();
        times_->probing_usec += probing->count();
        times_->compiling_usec += questions.compiling().count();
        times_->asked = asked_.size();
    }
    return made;
}

Result<void> Compile::strip() {
    tell(order_, "stripping debug information");
    std::vector<std::string> argv{order_.target.tools.strip, "--strip-debug", "--"};
    for (const source::BuiltModule& module : order_.recipe.modules) {
        argv.push_back(product_path(area_.tree(), module));
        if (!root_.status(argv.back())) // said here, where it is plainer than strip's words
            return fail(Errc::Hopeless,
                        "the compile ended well but made no " + module.name + ".ko");
    }
    return step(argv, "strip", [](std::string_view) {});
}

Result<void> Compile::step(const std::vector<std::string>& argv, const std::string& what,
                           const std::function<void(std::string_view)>& see) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - Clock::now());
    Tool tool =
        confined(order_.confinement, area_.tree(), area_.path(), environment(order_, area_, jobs_),
                 argv, std::max(left, std::chrono::milliseconds(1)));
    bool ended = !order_.confinement.unit;
    tool.on_line = [&](std::string_view line) {
        if (order_.confinement.unit && line == ended_in_unit) {
            ended = true;
            return;
        }
        log_.add(line);
        see(line);
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
        return fail(Errc::Hopeless, what + " failed: " + log_.failure() + suspects() +
                                        " (log: " + failed_log_path(order_.id) + ")");
    return fail(Errc::Io, what + " failed: " + log_.failure() + log);
}

/// Who may export the symbol that modpost misses.
std::string Compile::suspects() const {
    const source::Recipe& recipe = order_.recipe;
    if (recipe.left_out.empty() || !log_.misses_symbol()) return "";
    return "; " + recipe.asked_at +
           ": wanted each module with those it depends on, left out: " + joined(recipe.left_out);
}

} // namespace gpuboot::execute
