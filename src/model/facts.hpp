// SPDX-License-Identifier: LGPL-2.1-or-later
// Facts: all that is known about the machine when it is judged. Plain values, no handles; what a
// golden case writes down.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/admission.hpp"
#include "model/companions.hpp"
#include "model/compile.hpp"
#include "model/foreign.hpp"
#include "model/gpu.hpp"
#include "model/marker.hpp"
#include "model/pin.hpp"
#include "model/policy.hpp"
#include "model/records.hpp"
#include "model/running.hpp"
#include "model/symbols.hpp"

namespace gpuboot::model {

/// What reading one input gave. No value and no flaw: it is absent.
template <class T> struct Reading {
    std::optional<T> value;
    std::string flaw; ///< "FILE:LINE: FIELD: wanted W, found F"

    bool operator==(const Reading&) const = default;
};

struct Host {
    std::string kernel; ///< uname -r of the system that is judged (the target's, with --root)
    std::string arch;   ///< uname -m

    bool operator==(const Host&) const = default;
};

/// One module file of a bake, as it lies on disk.
struct FileFact {
    std::string path; ///< as in the marker
    bool present = false;
    std::string flaw;   ///< why it could not be read; "" when it could
    std::string unsafe; ///< "owner 1000", "mode 0666", "2 hard links"; "" when only root writes it
    std::uint64_t size = 0;
    std::string sha256; ///< as it lies there, compressed or not
    std::string vermagic;
    std::optional<Signature> signature = {}; ///< absent: unsigned, or ruled out before
    // All below is read from bytes that are what the marker says.
    std::string malformed{}; ///< why no kernel would take it for a module; "" when it might
    std::string name{};      ///< what it calls itself: nvidia_uvm
    std::string srcversion{};
    std::vector<std::string> depends{};
    SymbolComparison symbols{};

    bool operator==(const FileFact&) const = default;
};

/// A file of a bake's userspace, as it lies on disk: looked at, never opened.
struct ColdFile {
    std::string path; ///< as in the marker
    bool present = false;
    std::string flaw; ///< why it could not be looked at, or what else it is than a file or symlink
    std::string unsafe; ///< as in FileFact
    std::string target; ///< of a symlink; "" for a file
    std::uint64_t size = 0;

    bool operator==(const ColdFile&) const = default;
};

struct BakeFact {
    std::string id;      ///< name of its folder in the store
    bool vendor = false; ///< it lies in the read-only store that came with the image
    std::string unsafe;  ///< as in FileFact, for the folder and the marker
    Reading<Marker> marker;
    int newer_format = 0; ///< of a marker that a newer gpuboot wrote; 0: none did
    /// In the marker's order. Empty when the marker alone already rules the bake out.
    std::vector<FileFact> files;
    std::vector<ColdFile> cold; ///< likewise
    /// Over inode, times and size of all cold files: another one when any of them was touched.
    std::string stamps{};

    bool operator==(const BakeFact&) const = default;
};

/// The driver that runs now (/proc/driver/nvidia/version, /sys/module).
struct LoadedDriver {
    std::string version;
    Kind kind = Kind::Open;
    std::vector<std::string> modules; ///< names of live modules, in the kernel's words: nvidia_uvm
    std::string srcversion;           ///< of module nvidia

    bool operator==(const LoadedDriver&) const = default;
};

/// A load that the kernel refused earlier in this boot.
struct RefusedLoad {
    std::string bake;
    std::string module;
    int error = 0; ///< errno of init_module
    std::string kernel_line;

    bool operator==(const RefusedLoad&) const = default;
};

struct Facts {
    Host host;
    std::string opted_out; ///< what opts out ("kernel command line: gpuboot=off"); "" when nothing
    std::string pin_path;  ///< the file the pin comes from, or would
    Reading<Pin> pin;
    Policy policy;
    std::string
        policy_flaw; ///< why the defaults hold instead of the policy file; "" when they need not
    bool offline = false; ///< an image: nobody can say which GPUs it will meet
    /// Which modules the running kernel lets in; absent when another kernel is judged.
    std::optional<Admission> admission;
    std::vector<Gpu> gpus;
    Companions companions;  ///< not looked for where there is no pin
    std::string store_flaw; ///< why the store could not be read; "" when it could, or is absent
    std::vector<BakeFact> bakes; ///< by id; of two with one id the vendor's first
    KernelAbi abi;               ///< read only when there are modules to compare with it
    std::string active;          ///< id that /run/gpuboot/active points to; "" when absent
    /// Of nvidia in the active bake's marker; read while one is live.
    std::string active_srcversion;
    /// And the kind in that marker: of a running driver the kernel does not tell grid from
    /// proprietary.
    std::optional<Kind> active_kind;
    /// Libraries that the active bake bundles, as the loader's cache should list them; sorted.
    std::vector<std::string> active_libraries;
    bool loader_pending = false; ///< that cache is written anew before the init phase
    std::optional<LoadedDriver> loaded;
    Running running;
    std::vector<Foreign> foreign;
    std::vector<RefusedLoad> refused;
    std::optional<RebuildAttempt> rebuilt;  ///< absent: none was tried in this boot
    std::vector<Lack> lacks;                ///< for a compile; read only when one may be wanted
    std::vector<FailedBuild> failed_builds; ///< of the pinned driver for this kernel; likewise
    Records records;                        ///< what earlier boots left behind

    bool operator==(const Facts&) const = default;
};

} // namespace gpuboot::model
