// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/foreign_removal.hpp"

#include <algorithm>
#include <chrono>
#include <set>

#include "input/file_entry.hpp"

namespace gpuboot::execute {

namespace {

using namespace model;
using enum ReasonCode;

/// Both read every module or library there is; on a slow disk that takes seconds.
constexpr std::chrono::minutes tool_deadline{2};

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

class Remover {
  public:
    Remover(const Root& root, Effects& effects) : root_(root), effects_(effects) {}

    Removal run(const std::vector<ForeignEntry>& entries) {
        for (RemovalStage stage : removal_stages) {
            std::set<std::string> folders, kernels;
            bool loader = false;
            for (const ForeignEntry& entry : entries) {
                if (stage_of(entry) != stage) continue;
                remove(entry, folders);
                if (entry.kind == ForeignKind::Modules) kernels.insert(kernel_of(entry.path));
                loader = loader || entry.kind == ForeignKind::Libraries;
            }
            force_to_disk(folders);
            // Also of what had gone before: it may have been interrupted right there.
            for (const std::string& kernel : kernels)
                if (root_.exists("/lib/modules/" + kernel)) run_depmod(kernel);
            if (loader) run_ldconfig();
        }
        return std::move(removal_);
    }

  private:
    void remove(const ForeignEntry& entry, std::set<std::string>& folders) {
        const auto found = input::read_entry(root_, entry.kind, entry.path);
        if (!found && found.error().code == Errc::NotFound) return; // it has gone before
        if (!found) return keep({ForeignLeft, entry.path, "removed", found.error().what});
        if (*found != entry)
            return keep({ForeignChanged, entry.path, describe(entry), describe(*found)});
        if (auto detour = input::detour_of(root_, entry.path); !detour.empty())
            return keep({ForeignDetour, entry.path, "folders alone", std::move(detour)});
        const bool directory = entry.type == EntryType::Directory;
        const auto gone =
            directory ? effects_.remove_empty(entry.path) : effects_.remove(entry.path);
        if (!gone) return keep({ForeignLeft, entry.path, "removed", gone.error().what});
        folders.insert(folder_of(entry.path));
        removal_.removed.push_back(entry.path);
    }

    void force_to_disk(const std::set<std::string>& folders) {
        for (const std::string& folder : folders) {
            if (!root_.exists(folder)) continue; // with its own folder, which is among them
            if (auto synced = effects_.sync_directory(folder); !synced)
                keep({ForeignLeft, folder, "on disk", synced.error().what});
        }
    }

    static std::string kernel_of(const std::string& path) {
        constexpr std::string_view modules = "/lib/modules/";
        if (!path.starts_with(modules)) return "";
        return path.substr(modules.size(), path.find('/', modules.size()) - modules.size());
    }

    void run_depmod(const std::string& kernel) {
        Tool tool;
        tool.argv = {"/sbin/depmod"};
        if (!root_.is_system()) tool.argv.insert(tool.argv.end(), {"--basedir", root_.directory()});
        tool.argv.push_back(kernel);
        run_tool("the module index of kernel " + kernel, std::move(tool));
    }

    void run_ldconfig() {
        Tool tool;
        tool.argv = {"/sbin/ldconfig"};
        if (!root_.is_system()) tool.argv.insert(tool.argv.end(), {"-r", root_.directory()});
        run_tool("the loader's cache", std::move(tool));
    }

    void run_tool(const std::string& subject, Tool tool) {
        tool.deadline = tool_deadline;
        const auto result = effects_.run(tool);
        if (result && result->succeeded()) return;
        keep({ForeignLeft, subject, "made anew",
              !result             ? result.error().what
              : result->timed_out ? tool.argv.front() + " took more than two minutes"
                                  : tool.argv.front() + " failed: " + result->output});
    }

    void keep(Reason reason) { removal_.kept.push_back(std::move(reason)); }

    const Root& root_;
    Effects& effects_;
    Removal removal_;
};

} // namespace

Removal remove_foreign(const Root& root, Effects& effects,
                       const std::vector<ForeignEntry>& entries) {
    return Remover(root, effects).run(entries);
}

} // namespace gpuboot::execute
