// SPDX-License-Identifier: LGPL-2.1-or-later
// The pin: which driver this machine should run, as versions.toml says. The one place where a
// driver version stands.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gpuboot::model {

enum class Kind { Open, Proprietary, Grid };

std::string_view to_text(Kind kind);
std::optional<Kind> kind_of(std::string_view text);

struct Source {
    std::string type;   ///< "dkms"
    std::string name;   ///< of the tree: /usr/src/<name>-<version>
    std::string sha256; ///< over the whole tree (source/tree_digest.hpp says how)

    bool operator==(const Source&) const = default;
};

/// What a bake holds beside its modules: libraries, programs and firmware.
struct UserspaceSource {
    std::string type;   ///< "folder"
    std::string path;   ///< absolute, inside the root
    std::string sha256; ///< over the whole tree (source/tree_digest.hpp says how)

    bool operator==(const UserspaceSource&) const = default;
};

struct Pin {
    std::string version;
    Kind kind = Kind::Open;
    Source source;
    std::optional<std::string> kernel; ///< Target of a bake; absent: the tree's only kernel.
    bool accept_adopted =
        false; ///< bakes taken over from others fit: nobody can check their source
    std::optional<UserspaceSource> userspace{}; ///< absent: the distribution's packages bring it
    /// To be built: file names without ".ko", sorted, each once. Empty: all that the recipe builds.
    std::vector<std::string> modules{};
    std::string modules_at{}; ///< "FILE:LINE: driver.modules", for messages

    bool operator==(const Pin&) const = default;
};

/// The grammars that keep a value from disk out of paths and command lines (F-54).
bool is_version(std::string_view text);
bool is_kernel_release(std::string_view text);
bool is_source_name(std::string_view text);
bool is_sha256(std::string_view text);
/// DDDD:BB:DD.F in lower-case hex, as sysfs names a PCI function.
bool is_pci_address(std::string_view text);

} // namespace gpuboot::model
