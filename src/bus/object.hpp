// SPDX-License-Identifier: LGPL-2.1-or-later
// One object on the bus: its path, its interface and the signals about it. Signals are sent only
// while the bus is connected: before that nobody can have heard the state they would change.
#pragma once

#include <string>
#include <vector>

#include "bus/handles.hpp"

namespace gpuboot::bus {

class Object : Pinned {
  public:
    const std::string& path() const { return path_; }

    /// ObjectManager's InterfacesAdded and InterfacesRemoved, for an object that comes or goes
    /// while the daemon runs. Removed is sent while the object still stands.
    Result<void> tell_added() const;
    Result<void> tell_removed() const;

  protected:
    Object(sd_bus* bus, std::string path, const char* interface)
        : bus_(bus), path_(std::move(path)), interface_(interface) {}
    ~Object() = default;

    /// `members` and `self` must outlive the object.
    Result<void> export_as(const sd_bus_vtable* members, void* self);
    /// PropertiesChanged for exactly these, with their present values.
    Result<void> tell_changed(std::vector<const char*> properties) const;

    sd_bus* bus() const { return bus_; }
    const char* interface() const { return interface_; }
    bool connected() const { return sd_bus_is_ready(bus_) > 0; }

  private:
    sd_bus* bus_;
    std::string path_;
    const char* interface_;
    Slot slot_;
};

/// PREFIX/NAME, with what D-Bus forbids in a path encoded as systemd does it.
std::string object_path(const char* prefix, const std::string& name);

} // namespace gpuboot::bus
