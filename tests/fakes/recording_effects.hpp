// SPDX-License-Identifier: LGPL-2.1-or-later
// Effects that write down every change as a line ("rename_to_new /a /b") and hand it on to others,
// or, without others, do nothing and succeed.
#pragma once

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "execute/effects.hpp"

namespace gpuboot::fakes {

class RecordingEffects : public execute::Effects {
  public:
    RecordingEffects() = default;
    explicit RecordingEffects(execute::Effects& real) : real_(&real) {}

    std::vector<std::string> calls;
    /// Stands in for every program that would be run.
    std::function<Result<ToolResult>(const Tool&)> on_run;

    /// How many of the calls begin with this.
    std::size_t count(std::string_view beginning) const {
        std::size_t found = 0;
        for (const std::string& call : calls)
            found += call.starts_with(beginning) ? 1 : 0;
        return found;
    }

    Result<void> ensure_directory(std::string_view path, unsigned mode) override {
        note({"ensure_directory", path, octal(mode)});
        return real_ ? real_->ensure_directory(path, mode) : Result<void>();
    }
    Result<void> create_file(std::string_view path, ByteView bytes, unsigned mode) override {
        note({"create_file", path, octal(mode)});
        return real_ ? real_->create_file(path, bytes, mode) : Result<void>();
    }
    Result<std::string> copy_file(int source, std::string_view path, unsigned mode) override {
        note({"copy_file", path, octal(mode)});
        return real_ ? real_->copy_file(source, path, mode) : Result<std::string>("");
    }
    Result<void> share_blocks(std::string_view path, std::string_view with) override {
        note({"share_blocks", path, with});
        return real_ ? real_->share_blocks(path, with) : Result<void>();
    }
    Result<void> replace_file(std::string_view path, std::string_view text,
                              unsigned mode) override {
        note({"replace_file", path, octal(mode)});
        return real_ ? real_->replace_file(path, text, mode) : Result<void>();
    }
    Result<void> write_setting(std::string_view path, std::string_view text) override {
        note({"write_setting", path, text});
        return real_ ? real_->write_setting(path, text) : Result<void>();
    }
    Result<void> replace_record(std::string_view path, std::string_view text) override {
        note({"replace_record", path});
        return real_ ? real_->replace_record(path, text) : Result<void>();
    }
    Result<void> replace_settings(std::string_view path, std::string_view text) override {
        note({"replace_settings", path});
        return real_ ? real_->replace_settings(path, text) : Result<void>();
    }
    Result<std::string> copy_for(int source, std::string_view path, const execute::Owner& owner,
                                 unsigned mode) override {
        note({"copy_for", path, std::to_string(owner.uid), octal(mode)});
        return real_ ? real_->copy_for(source, path, owner, mode) : Result<std::string>("");
    }
    Result<void> give_away(std::string_view path, const execute::Owner& owner) override {
        note({"give_away", path, std::to_string(owner.uid)});
        return real_ ? real_->give_away(path, owner) : Result<void>();
    }
    Result<void> take_back(std::string_view path) override {
        note({"take_back", path});
        return real_ ? real_->take_back(path) : Result<void>();
    }
    Result<void> replace_link(std::string_view path, std::string_view target) override {
        note({"replace_link", path, target});
        return real_ ? real_->replace_link(path, target) : Result<void>();
    }
    Result<void> sync_directory(std::string_view path) override {
        note({"sync_directory", path});
        return real_ ? real_->sync_directory(path) : Result<void>();
    }
    Result<void> rename_to_new(std::string_view from, std::string_view to) override {
        note({"rename_to_new", from, to});
        return real_ ? real_->rename_to_new(from, to) : Result<void>();
    }
    Result<void> remove(std::string_view path) override {
        note({"remove", path});
        return real_ ? real_->remove(path) : Result<void>();
    }
    Result<void> remove_empty(std::string_view path) override {
        note({"remove_empty", path});
        return real_ ? real_->remove_empty(path) : Result<void>();
    }
    Result<void> remove_tree(std::string_view path) override {
        note({"remove_tree", path});
        return real_ ? real_->remove_tree(path) : Result<void>();
    }
    Result<void> load_module(std::string_view name, ByteView image) override {
        note({"load_module", name, std::to_string(image.size())});
        return real_ ? real_->load_module(name, image) : Result<void>();
    }
    Result<void> unload_module(std::string_view name) override {
        note({"unload_module", name});
        return real_ ? real_->unload_module(name) : Result<void>();
    }
    Result<void> load_system_module(std::string_view name) override {
        note({"load_system_module", name});
        return real_ ? real_->load_system_module(name) : Result<void>();
    }
    Result<void> make_node(const model::MakeNode& node) override {
        note({"make_node", node.path, std::to_string(node.major) + ":" + std::to_string(node.minor),
              octal(node.mode)});
        return real_ ? real_->make_node(node) : Result<void>();
    }
    Result<ToolResult> run(const Tool& tool) override {
        std::string line = "run";
        for (const std::string& word : tool.argv)
            line += " " + word;
        calls.push_back(line);
        if (on_run) return on_run(tool);
        return real_ ? real_->run(tool) : Result<ToolResult>(ToolResult{});
    }

  private:
    static std::string octal(unsigned mode) {
        char text[16];
        std::snprintf(text, sizeof text, "%04o", mode);
        return text;
    }

    void note(std::initializer_list<std::string_view> words) {
        std::string line;
        for (std::string_view word : words)
            line.append(line.empty() ? "" : " ").append(word);
        calls.push_back(line);
    }

    execute::Effects* real_ = nullptr;
};

} // namespace gpuboot::fakes
