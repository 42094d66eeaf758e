// SPDX-License-Identifier: LGPL-2.1-or-later
// The effects of a real system on a tree, but for what is no file of ours: the compiler and the
// kernel are played, and what they write is not counted by the fault shim.
#pragma once

#include "driver/tree.hpp"
#include "execute/system_effects.hpp"

namespace gpuboot::crash {

class PlayedEffects : public execute::SystemEffects {
  public:
    PlayedEffects(const Root& root, const Tree& tree) : SystemEffects(root), tree_(tree) {}

    Result<void> load_module(std::string_view name, ByteView bytes) override;
    Result<void> unload_module(std::string_view name) override;
    Result<void> load_system_module(std::string_view name) override;
    Result<ToolResult> run(const Tool& tool) override;

  private:
    const Tree& tree_;
};

/// The protocols, each broken in one place: what the harnesses must notice. The name comes from the
/// variable GPUBOOT_MUTANT; without it nothing is broken.
class MutantEffects : public PlayedEffects {
  public:
    MutantEffects(const Root& root, const Tree& tree);

    Result<void> create_file(std::string_view path, ByteView bytes, unsigned mode) override;
    Result<void> replace_record(std::string_view path, std::string_view text) override;
    Result<void> sync_directory(std::string_view path) override;
    Result<void> rename_to_new(std::string_view from, std::string_view to) override;
    Result<void> remove_tree(std::string_view path) override;

  private:
    void tell() const;
    bool is(std::string_view mutant) const { return mutant_ == mutant; }
    bool drops_sync(const std::string& path) const;

    const Tree& tree_;
    std::string mutant_;
    bool tells_ = false;           ///< of each step (GPUBOOT_TELL)
    std::string last_ = "deleted"; ///< what happened to the store before it is forced to disk
};

/// While this lives the shim counts nothing.
class Paused {
  public:
    Paused();
    ~Paused();
    Paused(const Paused&) = delete;
    Paused& operator=(const Paused&) = delete;
};

/// "name sha256" of each module that the played kernel runs.
inline constexpr const char* loaded_digests = "/proc/loaded-digests";

} // namespace gpuboot::crash
