// SPDX-License-Identifier: LGPL-2.1-or-later
// The removal of foreign copies: what lies there, whose it is, what goes and what stays, and what
// came of it. Nothing here is a path that only matches a pattern: each is a file that was looked
// at.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/foreign.hpp"
#include "model/reason.hpp"
#include "model/running.hpp"

namespace gpuboot::model {

enum class EntryType { File, Link, Directory };

std::string_view to_text(EntryType type);
std::optional<EntryType> entry_type_of(std::string_view text);

/// One name on disk, with all that tells it from whatever may lie there later.
struct ForeignEntry {
    ForeignKind kind = ForeignKind::Modules;
    std::string path;
    EntryType type = EntryType::File;
    std::uint64_t size = 0;    ///< of a file
    std::string sha256;        ///< of a file
    std::string target;        ///< of a link
    bool gives_rights = false; ///< setuid or setgid

    bool operator==(const ForeignEntry&) const = default;
};

/// "file of 4096 bytes, sha256 0123456789ab", "link to x", "directory".
std::string describe(const ForeignEntry& entry);

/// What is removed together, in this order: what gives rights first, the mark that something is
/// left to do last (S2-16).
enum class RemovalStage { Rights, Modules, Loader, Rest, Registration, Marker };

inline constexpr std::array removal_stages{RemovalStage::Rights,       RemovalStage::Modules,
                                           RemovalStage::Loader,       RemovalStage::Rest,
                                           RemovalStage::Registration, RemovalStage::Marker};

RemovalStage stage_of(const ForeignEntry& entry);

/// A name with what speaks for and against its removal.
struct ForeignFind {
    ForeignEntry entry;
    std::string version;    ///< of the driver it belongs to; "" when nothing tells
    std::string module;     ///< of a module's file: its name in the kernel's words
    std::string srcversion; ///< of a module's file
    std::string owner;      ///< "package nvidia-alternative"; "" when nobody claims it
    std::string detour;     ///< "/usr/share is a link to /srv": the way leads elsewhere; "" if not
    std::string flaw;       ///< why it is nothing that can be removed; "" when it is not so

    bool operator==(const ForeignFind&) const = default;
};

struct ForeignInventory {
    std::vector<ForeignFind> finds; ///< what lies in a directory comes before it
    std::vector<Foreign> told;      ///< copies that can only be told: in an initramfs
    std::vector<RunningModule> running;
    std::string loaded_version;  ///< of the driver that runs; "" when none does
    bool loaded_is_ours = false; ///< it comes from the active bake

    bool operator==(const ForeignInventory&) const = default;
};

struct ForeignPlan {
    std::vector<ForeignEntry> remove; ///< stage by stage, each directory after what is in it
    std::vector<Reason> kept;

    bool operator==(const ForeignPlan&) const = default;
};

/// What of the tool and of foreign copies lies there, owned by nobody.
struct ForeignState {
    bool modules = false, dkms = false, libraries = false, marker = false;
    bool rights = false; ///< a setuid or setgid program (S2-15)

    bool operator==(const ForeignState&) const = default;
};

/// How a removal ended; what the journal and the command line tell.
struct Teardown {
    std::vector<std::string> removed; ///< or, of a dry run, what would be
    std::vector<Reason> kept;
    ForeignState before, after;
    bool cleaned = false; ///< looked at again, and nothing is left but what is somebody else's

    bool operator==(const Teardown&) const = default;
};

/// "present" and "absent" of each part, as `modules_before=present`; `when` is "before" or "after".
std::string to_text(const ForeignState& state, std::string_view when);

} // namespace gpuboot::model
