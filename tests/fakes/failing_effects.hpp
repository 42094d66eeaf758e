// SPDX-License-Identifier: LGPL-2.1-or-later
// Effects of which the n-th change fails, so that a test can break an operation at every one of
// its steps in turn.
#pragma once

#include "execute/effects.hpp"

namespace gpuboot::fakes {

enum class Failing {
    Once,     ///< that one change fails, with nothing done; later ones work: an error
    FromThen, ///< nothing works any more: the process was killed there, or the disk is gone
};

class FailingEffects : public execute::Effects {
  public:
    /// Change number `at` (the first is 1) fails with errno `error`; 0: none does.
    FailingEffects(execute::Effects& real, std::size_t at, int error, Failing failing)
        : real_(real), at_(at), error_(error), failing_(failing) {}

    std::size_t count = 0; ///< changes asked for so far

    Result<void> ensure_directory(std::string_view path, unsigned mode) override {
        return fails() ? refusal(path) : real_.ensure_directory(path, mode);
    }
    Result<void> create_file(std::string_view path, ByteView bytes, unsigned mode) override {
        return fails() ? refusal(path) : real_.create_file(path, bytes, mode);
    }
    Result<std::string> copy_file(int source, std::string_view path, unsigned mode) override {
        if (fails()) return forward(refusal(path).error());
        return real_.copy_file(source, path, mode);
    }
    Result<void> share_blocks(std::string_view path, std::string_view with) override {
        return fails() ? refusal(path) : real_.share_blocks(path, with);
    }
    Result<void> replace_file(std::string_view path, std::string_view text,
                              unsigned mode) override {
        return fails() ? refusal(path) : real_.replace_file(path, text, mode);
    }
    Result<void> write_setting(std::string_view path, std::string_view text) override {
        return fails() ? refusal(path) : real_.write_setting(path, text);
    }
    Result<void> replace_record(std::string_view path, std::string_view text) override {
        return fails() ? refusal(path) : real_.replace_record(path, text);
    }
    Result<void> replace_settings(std::string_view path, std::string_view text) override {
        return fails() ? refusal(path) : real_.replace_settings(path, text);
    }
    Result<std::string> copy_for(int source, std::string_view path, const execute::Owner& owner,
                                 unsigned mode) override {
        if (fails()) return forward(refusal(path).error());
        return real_.copy_for(source, path, owner, mode);
    }
    Result<void> give_away(std::string_view path, const execute::Owner& owner) override {
        return fails() ? refusal(path) : real_.give_away(path, owner);
    }
    Result<void> take_back(std::string_view path) override {
        return fails() ? refusal(path) : real_.take_back(path);
    }
    Result<void> replace_link(std::string_view path, std::string_view target) override {
        return fails() ? refusal(path) : real_.replace_link(path, target);
    }
    Result<void> sync_directory(std::string_view path) override {
        return fails() ? refusal(path) : real_.sync_directory(path);
    }
    Result<void> rename_to_new(std::string_view from, std::string_view to) override {
        return fails() ? refusal(to) : real_.rename_to_new(from, to);
    }
    Result<void> remove(std::string_view path) override {
        return fails() ? refusal(path) : real_.remove(path);
    }
    Result<void> remove_empty(std::string_view path) override {
        return fails() ? refusal(path) : real_.remove_empty(path);
    }
    Result<void> remove_tree(std::string_view path) override {
        return fails() ? refusal(path) : real_.remove_tree(path);
    }
    Result<void> load_module(std::string_view name, ByteView image) override {
        return fails() ? refusal(name) : real_.load_module(name, image);
    }
    Result<void> unload_module(std::string_view name) override {
        return fails() ? refusal(name) : real_.unload_module(name);
    }
    Result<void> load_system_module(std::string_view name) override {
        return fails() ? refusal(name) : real_.load_system_module(name);
    }
    Result<void> make_node(const model::MakeNode& node) override {
        return fails() ? refusal(node.path) : real_.make_node(node);
    }
    Result<ToolResult> run(const Tool& tool) override {
        if (fails()) return forward(refusal(tool.argv.front()).error());
        return real_.run(tool);
    }

  private:
    bool fails() {
        ++count;
        return at_ != 0 && (count == at_ || (failing_ == Failing::FromThen && count > at_));
    }

    Result<void> refusal(std::string_view subject) const {
        return fail_errno(std::string(subject), error_);
    }

    execute::Effects& real_;
    std::size_t at_;
    int error_;
    Failing failing_;
};

} // namespace gpuboot::fakes
