// SPDX-License-Identifier: LGPL-2.1-or-later
// Every way in which gpuboot changes a system, as narrow as it can be: the one interface that the
// executor and the commit protocol are written against, so that a test can record each change or
// fail at any of them. Paths are inside the root the implementation was made for.
#pragma once

#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/process.hpp"
#include "base/result.hpp"
#include "model/plan.hpp"

namespace gpuboot::execute {

struct Owner {
    unsigned uid = 0, gid = 0;
};

class Effects {
  public:
    Effects() = default;
    Effects(const Effects&) = delete;
    Effects& operator=(const Effects&) = delete;
    virtual ~Effects() = default;

    /// The directory and what leads to it; one that is there already is fine.
    virtual Result<void> ensure_directory(std::string_view path, unsigned mode) = 0;
    /// A file that must not exist yet, whole and on disk (fsync) when this returns.
    virtual Result<void> create_file(std::string_view path, ByteView bytes, unsigned mode) = 0;
    /// The same with what is left of `source`; the SHA-256 of what was copied.
    virtual Result<std::string> copy_file(int source, std::string_view path, unsigned mode) = 0;
    /// Two files of the same content have their blocks in common from now on; what they hold does
    /// not change. EOPNOTSUPP in Error::sys where the file system cannot, EILSEQ where they differ.
    virtual Result<void> share_blocks(std::string_view path, std::string_view with) = 0;
    /// A file in /run: old or new content, never a mixture; not forced to disk.
    virtual Result<void> replace_file(std::string_view path, std::string_view text,
                                      unsigned mode) = 0;
    /// A setting of the kernel's below /sys, which is there already.
    virtual Result<void> write_setting(std::string_view path, std::string_view text) = 0;
    /// A small record that outlives a boot: old or new content after a power cut; on disk (fsync of
    /// the file and its directory) when this returns.
    virtual Result<void> replace_record(std::string_view path, std::string_view text) = 0;
    /// A file of the operator's, or a new one with mode 0644: as a record, and with the owner and
    /// mode that it had. BadInput for what is no plain file, a symlink among them.
    virtual Result<void> replace_settings(std::string_view path, std::string_view text) = 0;
    /// A new file of a compile's scratch: what is left of `source`, given away. The SHA-256 of what
    /// was copied. Not forced to disk.
    virtual Result<std::string> copy_for(int source, std::string_view path, const Owner& owner,
                                         unsigned mode) = 0;
    /// A directory gets another owner; never through a symlink.
    virtual Result<void> give_away(std::string_view path, const Owner& owner) = 0;
    /// What an untrusted program made of a directory becomes deletable; an absent one is fine.
    virtual Result<void> take_back(std::string_view path) = 0;
    virtual Result<void> replace_link(std::string_view path, std::string_view target) = 0;
    virtual Result<void> sync_directory(std::string_view path) = 0;
    /// Fails with EEXIST in Error::sys when `to` exists (renameat2, RENAME_NOREPLACE).
    virtual Result<void> rename_to_new(std::string_view from, std::string_view to) = 0;
    /// A file, node or symlink (not followed); one that is absent is fine.
    virtual Result<void> remove(std::string_view path) = 0;
    /// A directory that holds nothing; one that is absent is fine. ENOTEMPTY in Error::sys when it
    /// holds something.
    virtual Result<void> remove_empty(std::string_view path) = 0;
    /// A directory with all in it, never crossing a symlink; an absent one is fine.
    virtual Result<void> remove_tree(std::string_view path) = 0;

    /// init_module with these very bytes. A module that is live already is fine. Error::sys is
    /// the kernel's errno.
    virtual Result<void> load_module(std::string_view name, ByteView image) = 0;
    /// Never forced; one that is not live is fine.
    virtual Result<void> unload_module(std::string_view name) = 0;
    /// A module of the running kernel's own tree, with its dependencies; live or built in is fine.
    virtual Result<void> load_system_module(std::string_view name) = 0;
    /// A character device, replaced when it is not exactly this one; never through a symlink.
    virtual Result<void> make_node(const model::MakeNode& node) = 0;

    virtual Result<ToolResult> run(const Tool& tool) = 0;
};

} // namespace gpuboot::execute
