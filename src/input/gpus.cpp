// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/gpus.hpp"

#include <libudev.h>
#include <poll.h>

#include <algorithm>
#include <string_view>

#include "base/handle.hpp"

namespace gpuboot::input {

namespace {

using Udev = Handle<udev, udev_unref>;
using Enumeration = Handle<udev_enumerate, udev_enumerate_unref>;
using Device = Handle<udev_device, udev_device_unref>;
using Monitor = Handle<udev_monitor, udev_monitor_unref>;
using Clock = std::chrono::steady_clock;

std::string attribute(udev_device* device, const char* name) {
    const char* value = udev_device_get_sysattr_value(device, name);
    return value ? value : "";
}

/// "0x10de" -> "10de"
std::string hex(const std::string& value) {
    return value.starts_with("0x") ? value.substr(2) : value;
}

bool has_driver(udev* context, const std::string& address) {
    const Device device(udev_device_new_from_subsystem_sysname(context, "pci", address.c_str()));
    return device && udev_device_get_driver(device.get()) != nullptr;
}

} // namespace

bool is_gpu(udev_device* device) {
    return attribute(device, "vendor") == "0x10de" &&
           attribute(device, "class").starts_with("0x03");
}

model::Gpu gpu_of(udev_device* device) {
    const char* driver = udev_device_get_driver(device);
    return {udev_device_get_sysname(device),
            hex(attribute(device, "vendor")) + ":" + hex(attribute(device, "device")),
            driver ? driver : ""};
}

Result<std::vector<model::Gpu>> read_gpus() {
    const Udev context(udev_new());
    if (!context) return fail(Errc::Io, "libudev: no context");
    const Enumeration devices(udev_enumerate_new(context.get()));
    if (!devices) return fail(Errc::Io, "libudev: no enumeration");
    if (const int error = udev_enumerate_add_match_subsystem(devices.get(), "pci"); error < 0)
        return fail_errno("libudev", -error);
    if (const int error = udev_enumerate_scan_devices(devices.get()); error < 0)
        return fail_errno("listing PCI devices", -error);

    std::vector<model::Gpu> gpus;
    udev_list_entry* entry = nullptr;
    udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(devices.get())) {
        const Device device(
            udev_device_new_from_syspath(context.get(), udev_list_entry_get_name(entry)));
        if (device && is_gpu(device.get())) gpus.push_back(gpu_of(device.get()));
    }
    std::ranges::sort(gpus, {}, &model::Gpu::address);
    return gpus;
}

Result<bool> wait_for_driver(const std::string& address, std::chrono::milliseconds deadline) {
    const auto end = Clock::now() + deadline;
    const Udev context(udev_new());
    if (!context) return fail(Errc::Io, "libudev: no context");
    const Monitor monitor(udev_monitor_new_from_netlink(context.get(), "kernel"));
    if (!monitor) return fail(Errc::Io, "libudev: no monitor");
    udev_monitor_filter_add_match_subsystem_devtype(monitor.get(), "pci", nullptr);
    if (const int error = udev_monitor_enable_receiving(monitor.get()); error < 0)
        return fail_errno("listening to the kernel's device events", -error);
    // Listening comes first: what is bound before this line is seen here, the rest as an event.
    while (!has_driver(context.get(), address)) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
        if (left.count() <= 0) return false;
        pollfd source{udev_monitor_get_fd(monitor.get()), POLLIN, 0};
        if (::poll(&source, 1, static_cast<int>(left.count())) > 0)
            const Device event(udev_monitor_receive_device(monitor.get()));
    }
    return true;
}

} // namespace gpuboot::input
