// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/gpu_monitor.hpp"

#include <sys/epoll.h>

#include <cerrno>
#include <string_view>

#include "bus/trampoline.hpp"
#include "input/gpus.hpp"

namespace gpuboot::daemon {

namespace {

using Device = Handle<udev_device, udev_device_unref>;

} // namespace

Result<void> GpuMonitor::start(sd_event* loop) {
    udev_.reset(udev_new());
    if (!udev_) return fail_errno("libudev");
    // "udev", not "kernel": by then the rules have run and gpuboot-device@ is on its way.
    monitor_.reset(udev_monitor_new_from_netlink(udev_.get(), "udev"));
    if (!monitor_) return fail_errno("listening to udev");
    int result = udev_monitor_filter_add_match_subsystem_devtype(monitor_.get(), "pci", nullptr);
    if (result >= 0)
        result = udev_monitor_filter_add_match_subsystem_devtype(monitor_.get(), "module", nullptr);
    if (result >= 0) result = udev_monitor_enable_receiving(monitor_.get());
    sd_event_source* source = nullptr;
    if (result >= 0)
        result = sd_event_add_io(loop, &source, udev_monitor_get_fd(monitor_.get()), EPOLLIN,
                                 bus::on_event<&GpuMonitor::on_readable>, this);
    source_.reset(source);
    if (auto listening = bus::checked(result, "listening to udev"); !listening) return listening;
    // Listening comes first: a GPU that comes now is seen twice rather than never.
    return enumerate();
}

Result<void> GpuMonitor::enumerate() {
    auto found = input::read_gpus();
    if (!found) return forward(std::move(found).error());
    gpus_.clear();
    for (model::Gpu& gpu : *found) {
        std::string address = gpu.address;
        gpus_.emplace(std::move(address), std::move(gpu));
    }
    on_change_();
    return {};
}

Result<void> GpuMonitor::on_readable(int, std::uint32_t) {
    errno = 0;
    const Device event(udev_monitor_receive_device(monitor_.get()));
    if (event) {
        consider(event.get());
    } else if (errno == ENOBUFS) {
        log_.warning("udev sent more than could be read; looking at every PCI device again");
        return enumerate();
    }
    return {};
}

void GpuMonitor::consider(udev_device* event) {
    const char* action = udev_device_get_action(event);
    const std::string address = udev_device_get_sysname(event);
    if (std::string_view(udev_device_get_subsystem(event)) == "module") {
        if (address == "nvidia") on_change_(); // the driver came or went
        return;
    }
    // "remove" is believed: the kernel sends it before the device leaves /sys.
    const bool removed = action && std::string_view(action) == "remove";
    const Device device(
        removed ? nullptr
                : udev_device_new_from_syspath(udev_.get(), udev_device_get_syspath(event)));
    if (device && input::is_gpu(device.get()))
        gpus_[address] = input::gpu_of(device.get());
    else if (gpus_.erase(address) == 0)
        return; // some other PCI device
    on_change_();
}

} // namespace gpuboot::daemon
