// SPDX-License-Identifier: LGPL-2.1-or-later
// What gpubootctl can be told to do: one function a command, each prints its answer and returns
// the exit code.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/root.hpp"

namespace gpuboot::cli {

struct Options {
    Root root;
    std::optional<std::string> kernel; ///< whose kernel is meant, where it is not the running one
    bool json = false;
    bool force = false;
    std::optional<std::string> pci, kind, arch, driver; ///< of the machine to simulate
    std::vector<std::string> bakes = {};                ///< ids that are meant
    bool all = false;
    bool foreign = false; ///< of other installations; `bakes` then has the kinds
    bool dry_run = false;
    bool strict = false;
    bool later = false; ///< bake: in the background
};

Result<int> status(const Options& options);   ///< of the daemon; read directly where there is none
Result<int> why(const Options& options);      ///< the story of this boot, phase by phase
Result<int> check(const Options& options);    ///< judges now, changes nothing
Result<int> plan(const Options& options);     ///< the steps that this verdict would lead to
Result<int> simulate(const Options& options); ///< the same for a machine that is not here
Result<int> facts(const Options& options);    ///< what is judged, in the format of a golden case
Result<int> list(const Options& options);     ///< the bakes in the store, and which fit
Result<int> bake(const Options& options);     ///< makes one: no bus, GPU or systemd needed
Result<int> bake_later(const Options& options); ///< `bake --later`: has one made behind all else
Result<int> kernels(const Options& options);    ///< of each installed one: is there a bake?
Result<int> adopt(const Options& options);      ///< takes over modules that another tool compiled
Result<int> rebuild(const Options& options);    ///< through the daemon; as root without a bus, here
Result<int> purge(const Options& options);      ///< deletes bakes, or foreign copies of the driver
Result<int> purge_foreign(const Options& options); ///< the latter: `purge --foreign`
Result<int> audit(const Options& options);         ///< what of a driver is live in a tree
Result<int> collect(const Options& options);       ///< deletes what the bounds leave no room for
Result<int> deactivate(const Options& options);    ///< the driver goes, for this boot
Result<int> opt_out(const Options& options);       ///< and for all that follow, or of a tree
Result<int> opt_in(const Options& options);        ///< takes both back
Result<int> version(const Options& options);

} // namespace gpuboot::cli
