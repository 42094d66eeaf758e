// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bus/gpu.hpp"

#include "base/names.hpp"
#include "bus/trampoline.hpp"

namespace gpuboot::bus {

constexpr sd_bus_vtable Gpu::members[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_PROPERTY("Address", "s", property<&Gpu::address>, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_PROPERTY("PciId", "s", property<&Gpu::pci_id>, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_PROPERTY("Driver", "s", property<&Gpu::driver>, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("Minor", "i", property<&Gpu::minor_number>, 0,
                    SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("Node", "s", property<&Gpu::node>, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("Ready", "b", property<&Gpu::ready>, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("State", "s", property<&Gpu::state>, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_VTABLE_END,
};

Gpu::Gpu(sd_bus* bus, model::GpuReport gpu, decide::GpuState state)
    : Object(bus, path_of(gpu.gpu.address), names::gpu_interface), gpu_(std::move(gpu)),
      state_(state) {}

std::string Gpu::path_of(const std::string& address) {
    return object_path(names::gpu_path, address);
}

Result<void> Gpu::publish() { return export_as(members, this); }

Result<void> Gpu::show(const model::GpuReport& now, decide::GpuState state) {
    std::vector<const char*> changed;
    if (now.gpu.driver != gpu_.gpu.driver) changed.push_back("Driver");
    if (now.minor != gpu_.minor) changed.push_back("Minor");
    if (now.node != gpu_.node) changed.push_back("Node");
    if (now.ready != gpu_.ready) changed.push_back("Ready");
    if (state != state_) changed.push_back("State");
    gpu_ = now;
    state_ = state;
    return tell_changed(std::move(changed));
}

} // namespace gpuboot::bus
