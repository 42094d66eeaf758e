// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bus/object.hpp"

#include <cstdlib>
#include <memory>

namespace gpuboot::bus {

Result<void> Object::export_as(const sd_bus_vtable* members, void* self) {
    sd_bus_slot* slot = nullptr;
    const int result =
        sd_bus_add_object_vtable(bus_, &slot, path_.c_str(), interface_, members, self);
    slot_.reset(slot);
    return checked(result, "exporting " + path_);
}

Result<void> Object::tell_added() const {
    if (!connected()) return {};
    return checked(sd_bus_emit_object_added(bus_, path_.c_str()), "announcing " + path_);
}

Result<void> Object::tell_removed() const {
    if (!connected()) return {};
    return checked(sd_bus_emit_object_removed(bus_, path_.c_str()), "withdrawing " + path_);
}

Result<void> Object::tell_changed(std::vector<const char*> properties) const {
    if (properties.empty() || !connected()) return {};
    properties.push_back(nullptr);
    // The C interface takes char** and does not write through it.
    auto** names = const_cast<char**>(properties.data());
    return checked(sd_bus_emit_properties_changed_strv(bus_, path_.c_str(), interface_, names),
                   "telling what changed of " + path_);
}

std::string object_path(const char* prefix, const std::string& name) {
    char* encoded = nullptr;
    // Fails only without memory, or for a prefix that is no path: ours are constants.
    if (sd_bus_path_encode(prefix, name.c_str(), &encoded) < 0) return prefix;
    const Handle<char, std::free> owned(encoded);
    return owned.get();
}

} // namespace gpuboot::bus
