// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bus/connection.hpp"

#include <cstdlib>

#include "base/names.hpp"
#include "bus/trampoline.hpp"

namespace gpuboot::bus {

namespace {

constexpr const char* usual_address = "unix:path=/run/dbus/system_bus_socket";

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
    if (result >= 0) result = sd_bus_set_exit_on_disconnect(made, 1);
    return checked(result, "preparing the bus connection");
}

Result<void> Connection::open(sd_event* loop) {
    int result = sd_bus_start(bus_.get());
    sd_bus_slot* slot = nullptr;
    if (result >= 0)
        result = sd_bus_request_name_async(bus_.get(), &slot, names::bus_name, 0,
                                           on_reply<&Connection::on_name>, this);
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

} // namespace gpuboot::bus
