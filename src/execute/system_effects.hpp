// SPDX-License-Identifier: LGPL-2.1-or-later
// The Effects of a real system (or of an offline tree: then everything but kernel and devices).
#pragma once

#include "base/root.hpp"
#include "execute/effects.hpp"

namespace gpuboot::execute {

class SystemEffects : public Effects {
  public:
    /// `root` must outlive this.
    explicit SystemEffects(const Root& root) : root_(root) {}

    Result<void> ensure_directory(std::string_view path, unsigned mode) override;
    Result<void> create_file(std::string_view path, ByteView bytes, unsigned mode) override;
    Result<std::string> copy_file(int source, std::string_view path, unsigned mode) override;
    Result<void> share_blocks(std::string_view path, std::string_view with) override;
    Result<void> replace_file(std::string_view path, std::string_view text, unsigned mode) override;
    Result<void> write_setting(std::string_view path, std::string_view text) override;
    Result<void> replace_record(std::string_view path, std::string_view text) override;
    Result<void> replace_settings(std::string_view path, std::string_view text) override;
    Result<std::string> copy_for(int source, std::string_view path, const Owner& owner,
                                 unsigned mode) override;
    Result<void> give_away(std::string_view path, const Owner& owner) override;
    Result<void> take_back(std::string_view path) override;
    Result<void> replace_link(std::string_view path, std::string_view target) override;
    Result<void> sync_directory(std::string_view path) override;
    Result<void> rename_to_new(std::string_view from, std::string_view to) override;
    Result<void> remove(std::string_view path) override;
    Result<void> remove_empty(std::string_view path) override;
    Result<void> remove_tree(std::string_view path) override;
    Result<void> load_module(std::string_view name, ByteView image) override;
    Result<void> unload_module(std::string_view name) override;
    Result<void> load_system_module(std::string_view name) override;
    Result<void> make_node(const model::MakeNode& node) override;
    Result<ToolResult> run(const Tool& tool) override;

  private:
    const Root& root_;
};

} // namespace gpuboot::execute
