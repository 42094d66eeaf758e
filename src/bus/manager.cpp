// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bus/manager.hpp"

#include "base/names.hpp"
#include "bus/trampoline.hpp"

namespace gpuboot::bus {

// Every method is open to sd-bus, because Authority asks who calls (and says why).
constexpr sd_bus_vtable Manager::members[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD_WITH_ARGS("Check", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("o", job),
                            method<&Manager::check>, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD_WITH_ARGS("Rebuild", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("o", job),
                            method<&Manager::rebuild>, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD_WITH_ARGS("Init", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("o", job),
                            method<&Manager::init>, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD_WITH_ARGS("Deactivate", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("o", job),
                            method<&Manager::deactivate>, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD_WITH_ARGS("OptOut", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("o", job),
                            method<&Manager::opt_out>, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD_WITH_ARGS("OptIn", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("o", job),
                            method<&Manager::opt_in>, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD_WITH_ARGS("Explain", SD_BUS_ARGS("a{sv}", options), SD_BUS_RESULT("s", text),
                            method<&Manager::explain>, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_SIGNAL_WITH_ARGS("JobNew", SD_BUS_ARGS("u", id, "o", job), 0),
    SD_BUS_SIGNAL_WITH_ARGS("JobRemoved", SD_BUS_ARGS("u", id, "o", job, "s", outcome), 0),
    SD_BUS_PROPERTY("State", "s", property<&Manager::state>, 0,
                    SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("Verdict", "s", property<&Manager::verdict>, 0,
                    SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("Reasons", "a(sssss)", property<&Manager::reasons>, 0,
                    SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("DriverVersion", "s", property<&Manager::driver_version>, 0,
                    SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("Kind", "s", property<&Manager::kind>, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("Kernel", "s", property<&Manager::kernel>, 0,
                    SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("Bake", "s", property<&Manager::bake>, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("Gpus", "ao", property<&Manager::gpus>, 0, SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("Report", "s", property<&Manager::report>, 0,
                    SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("Progress", "(stt)", property<&Manager::progress>, 0,
                    SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("Kernels", "a(sss)", property<&Manager::kernels>, 0,
                    SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_PROPERTY("Version", "s", property<&Manager::version>, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_VTABLE_END,
};

Manager::Manager(sd_bus* bus, Requests& requests, const Log& log)
    : Object(bus, names::manager_path, names::manager_interface), requests_(requests),
      authority_(log) {}

Result<void> Manager::publish() {
    sd_bus_slot* slot = nullptr;
    const int result = sd_bus_add_object_manager(bus(), &slot, path().c_str());
    object_manager_.reset(slot);
    if (auto added = checked(result, "exporting the object manager"); !added) return added;
    return export_as(members, this);
}

Result<void> Manager::show(Status now) {
    std::vector<const char*> changed;
    if (now.state != status_.state) changed.push_back("State");
    if (now.verdict != status_.verdict) changed.push_back("Verdict");
    if (now.reasons != status_.reasons) changed.push_back("Reasons");
    if (now.driver_version != status_.driver_version) changed.push_back("DriverVersion");
    if (now.kind != status_.kind) changed.push_back("Kind");
    if (now.kernel != status_.kernel) changed.push_back("Kernel");
    if (now.bake != status_.bake) changed.push_back("Bake");
    if (now.gpus != status_.gpus) changed.push_back("Gpus");
    if (now.report != status_.report) changed.push_back("Report");
    if (now.progress != status_.progress) changed.push_back("Progress");
    if (now.kernels != status_.kernels) changed.push_back("Kernels");
    status_ = std::move(now);
    return tell_changed(std::move(changed));
}

Result<void> Manager::tell_job_new(const model::Job& job, const std::string& path_of_job) const {
    if (!connected()) return {};
    return checked(sd_bus_emit_signal(bus(), path().c_str(), interface(), "JobNew", "uo", job.id,
                                      path_of_job.c_str()),
                   "telling of a new job");
}

Result<void> Manager::tell_job_removed(const model::Job& job,
                                       const std::string& path_of_job) const {
    if (!connected()) return {};
    return checked(sd_bus_emit_signal(bus(), path().c_str(), interface(), "JobRemoved", "uos",
                                      job.id, path_of_job.c_str(),
                                      std::string(to_text(job.state)).c_str()),
                   "telling of a job's end");
}

std::string_view Manager::version() const { return GPUBOOT_VERSION; }

Result<void> Manager::check(Call& call) { return accept(call, model::Verb::Check, {}); }

Result<void> Manager::rebuild(Call& call) { return accept(call, model::Verb::Rebuild, {"force"}); }

Result<void> Manager::init(Call& call) { return accept(call, model::Verb::Init, {}); }

Result<void> Manager::deactivate(Call& call) { return accept(call, model::Verb::Deactivate, {}); }

Result<void> Manager::opt_out(Call& call) { return accept(call, model::Verb::OptOut, {}); }

Result<void> Manager::opt_in(Call& call) { return accept(call, model::Verb::OptIn, {}); }

Result<void> Manager::explain(Call& call) {
    if (auto options = call.options({}); !options) return forward(std::move(options).error());
    return call.answer_text(requests_.explanation());
}

Result<void> Manager::accept(Call& call, model::Verb verb,
                             const std::vector<std::string_view>& options) {
    return authority_.as_root(bus(), call, [=, this](Call& granted) -> Result<void> {
        auto given = granted.options(options);
        if (!given) return forward(std::move(given).error());
        auto path = requests_.request({verb, given->contains("force")});
        if (!path) return forward(std::move(path).error());
        return granted.answer_path(*path);
    });
}

} // namespace gpuboot::bus
