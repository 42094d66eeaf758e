// SPDX-License-Identifier: LGPL-2.1-or-later
// /org/gpuboot1: the machine as a whole, and what may be asked of it. It prints a Status that it
// is given and hands requests on; it computes and reads nothing itself.
#pragma once

#include "bus/authority.hpp"
#include "bus/object.hpp"
#include "bus/values.hpp"
#include "model/job.hpp"

namespace gpuboot::bus {

/// The properties of org.gpuboot1.Manager that change; "" is "not known (yet)".
struct Status {
    std::string state;
    std::string verdict;
    std::vector<model::Reason> reasons;
    std::string driver_version;
    std::string kind;
    std::string kernel;
    std::string bake;
    ObjectPaths gpus;
    std::string report;
    model::Progress progress;
    std::vector<model::KernelAnswer> kernels;
};

/// What the object asks of the daemon behind it.
class Requests {
  public:
    /// The path of the job that does it, which may be one that stands already.
    virtual Result<std::string> request(const model::Request& request) = 0;
    virtual std::string explanation() const = 0;

  protected:
    ~Requests() = default;
};

class Manager : public Object {
  public:
    Manager(sd_bus* bus, Requests& requests, const Log& log);

    Result<void> publish();
    /// Takes over what is known now and tells which properties that changed.
    Result<void> show(Status now);

    Result<void> tell_job_new(const model::Job& job, const std::string& path) const;
    Result<void> tell_job_removed(const model::Job& job, const std::string& path) const;

  private:
    std::string_view state() const { return status_.state; }
    std::string_view verdict() const { return status_.verdict; }
    const std::vector<model::Reason>& reasons() const { return status_.reasons; }
    std::string_view driver_version() const { return status_.driver_version; }
    std::string_view kind() const { return status_.kind; }
    std::string_view kernel() const { return status_.kernel; }
    std::string_view bake() const { return status_.bake; }
    const ObjectPaths& gpus() const { return status_.gpus; }
    std::string_view report() const { return status_.report; }
    const model::Progress& progress() const { return status_.progress; }
    const std::vector<model::KernelAnswer>& kernels() const { return status_.kernels; }
    std::string_view version() const;

    Result<void> check(Call& call);
    Result<void> rebuild(Call& call);
    Result<void> init(Call& call);
    Result<void> deactivate(Call& call);
    Result<void> opt_out(Call& call);
    Result<void> opt_in(Call& call);
    Result<void> explain(Call& call);

    Result<void> accept(Call& call, model::Verb verb, const std::vector<std::string_view>& options);

    static const sd_bus_vtable members[];

    Requests& requests_;
    Authority authority_;
    Status status_;
    Slot object_manager_;
};

} // namespace gpuboot::bus
