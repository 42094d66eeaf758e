// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/recovery.hpp"

#include <signal.h>

#include <algorithm>
#include <charconv>

#include "base/names.hpp"
#include "base/sealed.hpp"
#include "execute/build_area.hpp"
#include "execute/kept_answers.hpp"
#include "execute/purge.hpp"

namespace gpuboot::execute {

namespace {

constexpr std::size_t store_limit = 65'536;

/// Where replaced files lie; a process that died in between left ".name.pid" there.
constexpr std::string_view folders_of_replaced_files[] = {
    names::state_directory, names::run_directory, names::next_directory,
    names::tried_directory, names::gpu_directory, names::report_directory,
};

/// The writer of ".name.pid", when the name has that shape and no such process lives.
bool is_of_dead_process(std::string_view name) {
    const auto dot = name.rfind('.');
    if (!name.starts_with('.') || dot < 2 || dot == std::string_view::npos) return false;
    const std::string_view digits = name.substr(dot + 1);
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), pid);
    if (error != std::errc() || end != digits.data() + digits.size() || pid <= 0) return false;
    return pid == ::getpid() || (::kill(pid, 0) != 0 && errno == ESRCH);
}

/// The folder may be absent; then there is nothing to recover.
std::vector<std::string> entries(const Root& root, std::string_view directory) {
    return root.list(directory, store_limit).value_or(std::vector<std::string>{});
}

class Recovery {
  public:
    Recovery(const Root& root, Effects& effects) : root_(root), effects_(effects) {}

    std::size_t run() {
        recover_store();
        for (std::string_view folder : folders_of_replaced_files)
            for (const std::string& name : entries(root_, folder))
                if (is_of_dead_process(name)) remove(std::string(folder) + "/" + name);
        recover_records(std::string(names::records_directory), true);
        return removed_;
    }

  private:
    /// First every name, then the files: a crash in between finds names that say what to do.
    void recover_store() {
        const std::string store(names::store);
        std::vector<std::string> hidden;
        for (const std::string& name : entries(root_, store)) {
            if (name.starts_with(names::deleted_prefix)) hidden.push_back(store + "/" + name);
            if (!name.starts_with(names::unfinished_prefix)) continue;
            const std::string id = name.substr(names::unfinished_prefix.size());
            auto renamed = hide(effects_, store + "/" + name, id);
            if (!renamed && renamed.error().sys == EROFS) return;
            // Under its own name it is garbage just as well.
            hidden.push_back(renamed ? *renamed : store + "/" + name);
        }
        for (const std::string& path : hidden)
            count(discard(root_, effects_, path));
        if (!hidden.empty()) (void)effects_.sync_directory(store);
    }

    /// records/trial, records/conftest, records/last-good-<kernel>, and what lies in failed/ and
    /// bad/.
    void recover_records(const std::string& folder, bool top) {
        for (const std::string& name : entries(root_, folder)) {
            const std::string path = folder + "/" + name;
            if (top && (name == "failed" || name == "bad"))
                recover_records(path, false);
            else if (is_of_dead_process(name))
                remove(path);
            else if (name.ends_with(".log"))
                continue; // what a compile printed, beside its record
            else if (!top || name == "trial" || name == "conftest" ||
                     name.starts_with("last-good-"))
                drop_unless_sealed(path);
        }
    }

    /// A record that could not be read at all may be read tomorrow: only bytes tell.
    void drop_unless_sealed(const std::string& path) {
        const auto text = root_.read_text(path, kept_answers_limit);
        if (text && !unseal(*text)) remove(path);
    }

    void remove(const std::string& path) { count(effects_.remove(path)); }
    void count(const Result<void>& removed) { removed_ += removed ? 1 : 0; }

    const Root& root_;
    Effects& effects_;
    std::size_t removed_ = 0;
};

} // namespace

std::size_t recover(const Root& root, Effects& effects) { return Recovery(root, effects).run(); }

std::size_t recover_builds(const Root& root, Effects& effects) {
    std::size_t removed = 0;
    for (const std::string& name : entries(root, names::build_directory))
        if (remove_build(effects, std::string(names::build_directory) + "/" + name)) ++removed;
    return removed;
}

} // namespace gpuboot::execute
