// SPDX-License-Identifier: LGPL-2.1-or-later
#include "execute/kernel_modules.hpp"

#include <fcntl.h>
#include <libkmod.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/handle.hpp"

namespace gpuboot::execute {

namespace {

using Kmod = Handle<kmod_ctx, kmod_unref>;
using Module = Handle<kmod_module, kmod_module_unref>;
using ModuleList = Handle<kmod_list, kmod_module_unref_list>;

Result<std::string> parameters_of(const std::string& name) {
    Kmod kmod(kmod_new(nullptr, nullptr));
    if (!kmod) return fail(Errc::Io, "libkmod: no context");
    kmod_module* raw = nullptr;
    if (const int error = kmod_module_new_from_name(kmod.get(), name.c_str(), &raw); error < 0)
        return fail_errno("libkmod: " + name, -error);
    const Module module(raw);
    const char* options = kmod_module_get_options(module.get());
    return std::string(options ? options : "");
}

} // namespace

Result<void> insert_image(const std::string& name, ByteView image) {
    auto parameters = parameters_of(name);
    if (!parameters) return forward(std::move(parameters).error());
    if (::syscall(SYS_init_module, image.data(), image.size(), parameters->c_str()) == 0) return {};
    // Live, or coming through another loader: the second verdict says whose it is (F-83).
    if (errno == EEXIST || errno == EBUSY) return {};
    return fail_errno("init_module " + name);
}

Result<void> insert_from_tree(const std::string& name) {
    Kmod kmod(kmod_new(nullptr, nullptr));
    if (!kmod) return fail(Errc::Io, "libkmod: no context");
    kmod_list* raw = nullptr;
    if (const int error = kmod_module_new_from_lookup(kmod.get(), name.c_str(), &raw); error < 0)
        return fail_errno("libkmod: " + name, -error);
    const ModuleList found(raw);
    if (!found) return fail_errno("module " + name + " of this kernel", ENOENT);
    kmod_list* entry = nullptr;
    kmod_list_foreach(entry, found.get()) {
        const Module module(kmod_module_get_module(entry));
        const int error =
            kmod_module_probe_insert_module(module.get(), 0, nullptr, nullptr, nullptr, nullptr);
        if (error < 0 && error != -EEXIST) return fail_errno("loading " + name, -error);
    }
    return {};
}

Result<void> remove_module(const std::string& name) {
    if (::syscall(SYS_delete_module, name.c_str(), O_NONBLOCK) == 0 || errno == ENOENT) return {};
    return fail_errno("delete_module " + name);
}

} // namespace gpuboot::execute
