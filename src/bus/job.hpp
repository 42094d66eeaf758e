// SPDX-License-Identifier: LGPL-2.1-or-later
// /org/gpuboot1/job/N: one request, from its acceptance on; it stays to be read after its end.
#pragma once

#include "bus/object.hpp"
#include "model/job.hpp"

namespace gpuboot::bus {

class Job : public Object {
  public:
    Job(sd_bus* bus, model::Job job);

    Result<void> publish();
    /// Takes over what is known now and tells which properties that changed.
    Result<void> show(const model::Job& now);

    const model::Job& job() const { return job_; }

  private:
    std::uint32_t id() const { return job_.id; }
    std::string_view verb() const { return to_text(job_.request.verb); }
    std::string_view state() const { return to_text(job_.state); }
    std::string_view error() const { return job_.error; }

    static const sd_bus_vtable members[];

    model::Job job_;
};

} // namespace gpuboot::bus
