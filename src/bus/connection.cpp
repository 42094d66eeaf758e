// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bus/connection.hpp"

#include <cstdlib>
#include <utility>

#include "base/names.hpp"
#include "bus/trampoline.hpp"

namespace gpuboot::bus {

namespace {

constexpr const char* usual_address = "unix:path=/run/dbus/system_bus_socket";
constexpr const char* local_name = "org.freedesktop.DBus.Local";
constexpr const char* local_path = "/org/freedesktop/DBus/Local";

} // namespace

Result<void> Connection::prepare() {
    sd_bus* made = nullptr;
    if (auto done = checked(sd_bus_new(&made), "making a bus connection"); !done) return done;
    bus_.reset(made);
    const char* address = secure_getenv("DBUS_SYSTEM_BUS_ADDRESS");
    int result = sd_bus_set_address(made, address && *address ? address : usual_address);
    if (result >= 0) result = sd_bus_set_bus_client(made, 1);
    if (result >= 0) result = sd_bus_set_watch_bind(made, 1);
    // No method takes a descriptor, so no caller can make us hold any.
    if (result >= 0) result = sd_bus_negotiate_fds(made, 0);
    return checked(result, "preparing the bus connection");
}

Result<void> Connection::open(sd_event* loop) {
    loop_ = loop;
    sd_bus_slot* slot = nullptr;
    // libsystemd makes this signal itself; nothing is asked of the bus for it.
    int result =
        sd_bus_match_signal(bus_.get(), &slot, local_name, local_path, local_name, "Disconnected",
                            on_message<&Connection::on_disconnected>, this);
    disconnected_.reset(std::exchange(slot, nullptr));
    if (result >= 0) result = sd_bus_start(bus_.get());
    if (result >= 0)
        result = sd_bus_request_name_async(bus_.get(), &slot, names::bus_name, 0,
                                           on_message<&Connection::on_name>, this);
    name_.reset(slot);
    if (result >= 0) result = sd_bus_attach_event(bus_.get(), loop, SD_EVENT_PRIORITY_NORMAL);
    return checked(result, "connecting to the system bus");
}

Result<void> Connection::on_name(sd_bus_message* reply) {
    const std::string asking = std::string("asking for the bus name ") + names::bus_name;
    if (const sd_bus_error* error = sd_bus_message_get_error(reply))
        return fail(Errc::Denied, asking + ": " + (error->message ? error->message : error->name));
    std::uint32_t answer = 0;
    if (auto read = checked(sd_bus_message_read(reply, "u", &answer), asking); !read) return read;
    // 1 is DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER, 4 "you are it already".
    if (answer != 1 && answer != 4) return fail(Errc::Busy, asking + ": another program has it");
    return {};
}

Result<void> Connection::on_disconnected(sd_bus_message*) {
    log_.error("the system bus closed the connection");
    // By now libsystemd has taken the connection off the loop, so the trampoline cannot find it.
    return checked(sd_event_exit(loop_, EXIT_FAILURE), "ending the loop");
}

} // namespace gpuboot::bus
