// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bus/job.hpp"

#include "base/names.hpp"
#include "bus/trampoline.hpp"

namespace gpuboot::bus {

constexpr sd_bus_vtable Job::members[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_PROPERTY("Id", "u", property<&Job::id>, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_PROPERTY("Verb", "s", property<&Job::verb>, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_PROPERTY("State", "s", property<&Job::state>, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("Error", "s", property<&Job::error>, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_VTABLE_END,
};

Job::Job(sd_bus* bus, model::Job job)
    : Object(bus, std::string(names::job_path) + "/" + std::to_string(job.id),
             names::job_interface),
      job_(std::move(job)) {}

Result<void> Job::publish() { return export_as(members, this); }

Result<void> Job::show(const model::Job& now) {
    std::vector<const char*> changed;
    if (now.state != job_.state) changed.push_back("State");
    if (now.error != job_.error) changed.push_back("Error");
    job_ = now;
    return tell_changed(std::move(changed));
}

} // namespace gpuboot::bus
