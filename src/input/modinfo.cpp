// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/modinfo.hpp"

#include <libkmod.h>

#include "base/handle.hpp"

namespace gpuboot::input {

namespace {

using Kmod = Handle<kmod_ctx, kmod_unref>;
using Module = Handle<kmod_module, kmod_module_unref>;
using InfoList = Handle<kmod_list, kmod_module_info_free_list>;

} // namespace

std::vector<std::string> split_names(std::string_view names) {
    std::vector<std::string> list;
    while (!names.empty()) {
        const auto comma = names.find(',');
        if (comma != 0) list.emplace_back(names.substr(0, comma));
        if (comma == std::string_view::npos) break;
        names.remove_prefix(comma + 1);
    }
    return list;
}

Result<ModInfo> read_modinfo(int fd, const std::string& path) {
    // No configuration and no module index: one file is parsed, nothing is looked up.
    const char* const no_config[] = {nullptr};
    const Kmod kmod(kmod_new("/nonexistent", no_config));
    if (!kmod) return fail(Errc::Io, "libkmod: no context");
    const std::string itself = "/proc/self/fd/" + std::to_string(fd);
    kmod_module* raw_module = nullptr;
    if (const int error = kmod_module_new_from_path(kmod.get(), itself.c_str(), &raw_module);
        error < 0)
        return fail_errno(path, -error);
    const Module module(raw_module);
    kmod_list* raw_list = nullptr;
    if (kmod_module_get_info(module.get(), &raw_list) < 0)
        return fail(Errc::BadInput, path + ": not a kernel module (no readable .modinfo)");
    const InfoList list(raw_list);

    ModInfo info;
    kmod_list* entry = nullptr;
    kmod_list_foreach(entry, list.get()) {
        const std::string_view key = kmod_module_info_get_key(entry);
        const char* value = kmod_module_info_get_value(entry);
        if (key == "name") info.name = value;
        if (key == "vermagic") info.vermagic = value;
        if (key == "srcversion") info.srcversion = value;
        if (key == "version") info.version = value;
        if (key == "license") info.license = value;
        if (key == "depends") info.depends = split_names(value);
    }
    return info;
}

} // namespace gpuboot::input
