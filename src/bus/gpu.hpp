// SPDX-License-Identifier: LGPL-2.1-or-later
// /org/gpuboot1/gpu/ADDRESS: one GPU, as udev and the newest report about it describe it.
#pragma once

#include "bus/object.hpp"
#include "decide/gpu_state.hpp"
#include "model/report.hpp"

namespace gpuboot::bus {

class Gpu : public Object {
  public:
    Gpu(sd_bus* bus, model::GpuReport gpu, decide::GpuState state);
    static std::string path_of(const std::string& address);

    Result<void> publish();
    /// Takes over what is known now and tells which properties that changed.
    Result<void> show(const model::GpuReport& now, decide::GpuState state);

    const model::GpuReport& gpu() const { return gpu_; }

  private:
    std::string_view address() const { return gpu_.gpu.address; }
    std::string_view pci_id() const { return gpu_.gpu.pci_id; }
    std::string_view driver() const { return gpu_.gpu.driver; }
    std::int32_t minor_number() const { return gpu_.minor; }
    std::string_view node() const { return gpu_.node; }
    bool ready() const { return gpu_.ready; }
    std::string_view state() const { return decide::to_text(state_); }

    static const sd_bus_vtable members[];

    model::GpuReport gpu_;
    decide::GpuState state_;
};

} // namespace gpuboot::bus
