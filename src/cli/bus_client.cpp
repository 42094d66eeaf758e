// SPDX-License-Identifier: LGPL-2.1-or-later
#include "cli/bus_client.hpp"

#include <array>
#include <cstdlib>
#include <string_view>

#include "base/names.hpp"

namespace gpuboot::cli {

namespace {

using Message = Handle<sd_bus_message, sd_bus_message_unref>;
using Slot = Handle<sd_bus_slot, sd_bus_slot_unref>;

constexpr std::uint64_t job_patience = 500'000; // microseconds

class BusError {
  public:
    BusError() = default;
    BusError(const BusError&) = delete;
    BusError& operator=(const BusError&) = delete;
    ~BusError() { sd_bus_error_free(&error_); }
    sd_bus_error* get() { return &error_; }

    /// The remote's own words where it spoke, else the errno of the call.
    std::unexpected<Error> failure(const char* what, int number) const {
        if (!error_.name) return fail_errno(what, -number);
        const std::string_view name = error_.name;
        const bool absent = name == SD_BUS_ERROR_SERVICE_UNKNOWN ||
                            name == SD_BUS_ERROR_NAME_HAS_NO_OWNER || name.contains("NoSuchUnit");
        const Errc code = absent                                                ? Errc::NotFound
                          : name == SD_BUS_ERROR_ACCESS_DENIED                  ? Errc::Denied
                          : name == std::string_view("org.gpuboot1.Error.Busy") ? Errc::Busy
                                                                                : Errc::Io;
        return fail(code,
                    std::string(what) + ": " + (error_.message ? error_.message : error_.name));
    }

  private:
    sd_bus_error error_{};
};

/// A variant's value; types the interface does not use are skipped as "".
Result<Node> read_variant(sd_bus_message* message) {
    const char* contents = nullptr;
    char type = 0;
    if (const int error = sd_bus_message_peek_type(message, &type, &contents); error < 0)
        return fail_errno("reading a variant", -error);
    const std::string_view kind = contents ? contents : "";
    if (const int error = sd_bus_message_enter_container(message, 'v', contents); error < 0)
        return fail_errno("reading a variant", -error);
    Node node("");
    int error = 0;
    if (kind == "s" || kind == "o") {
        const char* text = "";
        error = sd_bus_message_read_basic(message, kind[0], &text);
        node = Node(text);
    } else if (kind == "i") {
        std::int32_t number = 0;
        error = sd_bus_message_read_basic(message, 'i', &number);
        node = Node(std::int64_t{number});
    } else if (kind == "b") {
        int truth = 0;
        error = sd_bus_message_read_basic(message, 'b', &truth);
        node = Node(truth != 0);
    } else {
        error = sd_bus_message_skip(message, contents);
    }
    if (error < 0) return fail_errno("reading a variant", -error);
    sd_bus_message_exit_container(message);
    return node;
}

/// a{sv}
Result<Node> read_properties(sd_bus_message* message) {
    Table table;
    sd_bus_message_enter_container(message, 'a', "{sv}");
    while (sd_bus_message_enter_container(message, 'e', "sv") > 0) {
        const char* key = "";
        sd_bus_message_read_basic(message, 's', &key);
        const std::string name = key;
        auto value = read_variant(message);
        if (!value) return value;
        table.push_back({name, std::move(*value)});
        sd_bus_message_exit_container(message);
    }
    sd_bus_message_exit_container(message);
    return Node(std::move(table));
}

Node gpu_record(const Node& properties) {
    const auto copy = [&](std::string_view key) {
        const Node* node = properties.find(key);
        return node ? *node : Node("");
    };
    return Table{{"address", copy("Address")}, {"pci_id", copy("PciId")},
                 {"driver", copy("Driver")},   {"minor", copy("Minor")},
                 {"node", copy("Node")},       {"ready", copy("Ready")},
                 {"state", copy("State")}};
}

struct JobEnd {
    std::string path;
    std::optional<std::string> outcome;
};

int on_job_removed(sd_bus_message* message, void* data, sd_bus_error*) noexcept {
    auto* end = static_cast<JobEnd*>(data);
    const char *path = "", *outcome = "";
    std::uint32_t id = 0;
    if (sd_bus_message_read(message, "uos", &id, &path, &outcome) < 0) return 0;
    if (end->path.empty() || end->path == path) {
        end->path = path;
        end->outcome = outcome;
    }
    return 0;
}

} // namespace

Result<BusClient> BusClient::connect() {
    sd_bus* raw = nullptr;
    if (const int error = sd_bus_open_system(&raw); error < 0) {
        auto failed = fail_errno("connecting to the system bus", -error);
        failed.error().code = Errc::NotFound;
        return failed;
    }
    BusClient client{Handle<sd_bus, sd_bus_flush_close_unref>(raw)};
    sd_bus_set_method_call_timeout(raw, 5'000'000);
    auto version = client.text_property("Version");
    if (!version) return forward(std::move(version).error());
    return client;
}

Result<std::string> BusClient::text_property(const char* name) {
    return text_property(names::manager_interface, names::manager_path, name);
}

Result<std::string> BusClient::text_property(const char* interface, const char* path,
                                             const char* name) {
    BusError error;
    char* raw = nullptr;
    const int got = sd_bus_get_property_string(bus_.get(), names::bus_name, path, interface, name,
                                               error.get(), &raw);
    if (got < 0) return error.failure(name, got);
    const Handle<char, std::free> text(raw);
    return std::string(text.get());
}

Result<Node> BusClient::read_gpus() {
    BusError error;
    sd_bus_message* raw = nullptr;
    const int got = sd_bus_call_method(bus_.get(), names::bus_name, names::manager_path,
                                       "org.freedesktop.DBus.ObjectManager", "GetManagedObjects",
                                       error.get(), &raw, "");
    if (got < 0) return error.failure("GetManagedObjects", got);
    const Message reply(raw);
    Array gpus;
    sd_bus_message_enter_container(raw, 'a', "{oa{sa{sv}}}");
    while (sd_bus_message_enter_container(raw, 'e', "oa{sa{sv}}") > 0) {
        sd_bus_message_skip(raw, "o");
        sd_bus_message_enter_container(raw, 'a', "{sa{sv}}");
        while (sd_bus_message_enter_container(raw, 'e', "sa{sv}") > 0) {
            const char* interface = "";
            sd_bus_message_read_basic(raw, 's', &interface);
            const bool gpu = std::string_view(interface) == names::gpu_interface;
            auto properties = read_properties(raw);
            if (!properties) return properties;
            if (gpu) gpus.push_back(gpu_record(*properties));
            sd_bus_message_exit_container(raw);
        }
        sd_bus_message_exit_container(raw);
        sd_bus_message_exit_container(raw);
    }
    return Node(std::move(gpus));
}

Result<Node> BusClient::read_status() {
    constexpr std::array<std::pair<const char*, const char*>, 6> properties{
        {{"State", "state"},
         {"Verdict", "verdict"},
         {"Bake", "bake"},
         {"Kernel", "kernel"},
         {"DriverVersion", "driver_version"},
         {"Kind", "driver_kind"}}};
    Table status;
    for (const auto& [property, key] : properties) {
        auto value = text_property(property);
        if (!value) return forward(std::move(value).error());
        status.push_back({key, *value});
    }
    auto gpus = read_gpus();
    if (!gpus) return gpus;
    auto report = text_property("Report");
    if (!report) return forward(std::move(report).error());
    auto record = parse_json(report->empty() ? "{}" : *report);
    if (!record) return forward(std::move(record).error(), "property Report");
    status.push_back({"gpus", std::move(*gpus)});
    status.push_back({"report", std::move(*record)});
    status.push_back({"source", "bus"});
    return Node(std::move(status));
}

Result<std::string> BusClient::explain() {
    BusError error;
    sd_bus_message* raw = nullptr;
    const int got =
        sd_bus_call_method(bus_.get(), names::bus_name, names::manager_path,
                           names::manager_interface, "Explain", error.get(), &raw, "a{sv}", 0);
    if (got < 0) return error.failure("Explain", got);
    const Message reply(raw);
    const char* text = "";
    if (const int read = sd_bus_message_read_basic(raw, 's', &text); read < 0)
        return fail_errno("Explain", -read);
    return std::string(text);
}

Result<void> BusClient::run_job(const char* method, bool force,
                                const std::function<void()>& meanwhile) {
    JobEnd end;
    sd_bus_slot* raw_slot = nullptr;
    BusError error;
    // The match comes before the call: a job may end before its path arrives here.
    if (const int added =
            sd_bus_match_signal(bus_.get(), &raw_slot, names::bus_name, names::manager_path,
                                names::manager_interface, "JobRemoved", on_job_removed, &end);
        added < 0)
        return fail_errno("JobRemoved", -added);
    const Slot slot(raw_slot);
    sd_bus_message* raw = nullptr;
    const int got =
        force ? sd_bus_call_method(bus_.get(), names::bus_name, names::manager_path,
                                   names::manager_interface, method, error.get(), &raw, "a{sv}", 1,
                                   "force", "b", 1)
              : sd_bus_call_method(bus_.get(), names::bus_name, names::manager_path,
                                   names::manager_interface, method, error.get(), &raw, "a{sv}", 0);
    if (got < 0) return error.failure(method, got);
    const Message reply(raw);
    const char* path = "";
    if (const int read = sd_bus_message_read_basic(raw, 'o', &path); read < 0)
        return fail_errno(method, -read);
    if (end.outcome && end.path != path) end.outcome.reset(); // the end of somebody else's job
    end.path = path;
    while (!end.outcome) {
        const int processed = sd_bus_process(bus_.get(), nullptr);
        if (processed < 0) return fail_errno("waiting for the job", -processed);
        if (processed > 0 || sd_bus_wait(bus_.get(), job_patience) > 0) continue;
        meanwhile();
        // A daemon that died and came back tells of no end that it missed: ask.
        auto state = text_property(names::job_interface, end.path.c_str(), "State");
        if (!state) return forward(std::move(state).error(), "asking for the job");
        if (*state == "done" || *state == "failed") end.outcome = *state;
    }
    if (*end.outcome == "done") return {};
    return fail(Errc::Io, "the job ended as \"" + *end.outcome + "\"; gpubootctl why tells more");
}

} // namespace gpuboot::cli
