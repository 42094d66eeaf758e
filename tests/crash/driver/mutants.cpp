// SPDX-License-Identifier: LGPL-2.1-or-later
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/fd.hpp"
#include "base/names.hpp"
#include "driver/played.hpp"

namespace gpuboot::crash {

namespace {

/// What replace_record does, but for one of its two fsyncs, or in place.
Result<void> write_record(const std::string& path, std::string_view text, bool sync_file,
                          bool in_place) {
    const std::string temporary = in_place ? path : path + ".tmp";
    const Fd fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!fd || ::write(fd.get(), text.data(), text.size()) < 0) return fail_errno(path);
    if (sync_file && ::fsync(fd.get()) != 0) return fail_errno(path);
    if (!in_place && std::rename(temporary.c_str(), path.c_str()) != 0) return fail_errno(path);
    return {};
}

} // namespace

MutantEffects::MutantEffects(const Root& root, const Tree& tree)
    : PlayedEffects(root, tree), tree_(tree) {
    if (const char* name = std::getenv("GPUBOOT_MUTANT")) mutant_ = name;
    tells_ = std::getenv("GPUBOOT_TELL") != nullptr;
}

/// Where a power cut may be aimed at.
void MutantEffects::tell() const {
    if (!tells_) return;
    std::puts("step");
    std::fflush(stdout);
}

Result<void> MutantEffects::create_file(std::string_view path, ByteView bytes, unsigned mode) {
    tell();
    if (!path.contains("/.new-")) return PlayedEffects::create_file(path, bytes, mode);
    const bool forced = !(is("module-not-synced") && path.ends_with(".ko")) &&
                        !(is("marker-not-synced") && path.ends_with(names::marker_file)) &&
                        !is("published-before-sync");
    // Also written whole under its name, but not forced to disk.
    return forced ? PlayedEffects::create_file(path, bytes, mode)
                  : replace_file(path, text_of(bytes), mode);
}

Result<void> MutantEffects::replace_record(std::string_view path, std::string_view text) {
    tell();
    const std::string outside = tree_.outside(std::string(path));
    const std::string folder(path.substr(0, path.rfind('/')));
    if (is("record-in-place")) {
        if (auto wrote = write_record(outside, text, true, true); !wrote) return wrote;
        return PlayedEffects::sync_directory(folder);
    }
    if (is("record-folder-not-synced")) return write_record(outside, text, true, false);
    if (!is("record-not-synced")) return PlayedEffects::replace_record(path, text);
    if (auto wrote = write_record(outside, text, false, false); !wrote) return wrote;
    return PlayedEffects::sync_directory(folder);
}

bool MutantEffects::drops_sync(const std::string& path) const {
    if (path != names::store) {
        if (!path.contains("/.new-")) return false;
        const bool modules = path.ends_with("/modules");
        return (is("modules-folder-not-synced") && modules) ||
               (is("bake-folder-not-synced") && !modules) || is("published-before-sync");
    }
    return (is("store-not-synced-after-publish") && last_ == "published") ||
           (is("store-not-synced-after-hiding") && last_ == "hidden") ||
           (is("store-not-synced-after-deletion") && last_ == "deleted");
}

Result<void> MutantEffects::sync_directory(std::string_view path) {
    tell();
    const bool dropped = drops_sync(std::string(path));
    if (path == names::store) last_ = "deleted";
    return dropped ? Result<void>() : PlayedEffects::sync_directory(path);
}

Result<void> MutantEffects::rename_to_new(std::string_view from, std::string_view to) {
    tell();
    const std::string source(from);
    const bool hides = to.contains("/.del-");
    last_ = hides ? "hidden" : "published";
    if (hides && is("deleted-before-hidden"))
        if (auto removed = remove_tree(source + "/modules"); !removed) return removed;
    if (hides && is("marker-goes-last")) { // the rule of others: files first, then what names them
        if (auto removed = remove_tree(source + "/modules"); !removed) return removed;
        if (auto synced = PlayedEffects::sync_directory(source); !synced) return synced;
    }
    if (!hides && is("marker-comes-last-in-place")) { // no rename that makes it whole
        const std::string marker(names::marker_file), target(to);
        const std::string text = tree_.read(source + "/" + marker);
        if (auto removed = remove(source + "/" + marker); !removed) return removed;
        if (auto done = PlayedEffects::rename_to_new(from, to); !done) return done;
        if (auto done = PlayedEffects::sync_directory(names::store); !done) return done;
        if (auto done = PlayedEffects::create_file(target + "/" + marker, bytes_of(text), 0644);
            !done)
            return done;
        return PlayedEffects::sync_directory(target);
    }
    if (auto renamed = PlayedEffects::rename_to_new(from, to); !renamed) return renamed;
    if (!hides && is("published-before-sync")) ::sync();
    return {};
}

Result<void> MutantEffects::remove_tree(std::string_view path) {
    tell();
    return PlayedEffects::remove_tree(path);
}

} // namespace gpuboot::crash
