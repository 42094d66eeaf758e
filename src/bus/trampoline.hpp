// SPDX-License-Identifier: LGPL-2.1-or-later
// The only way from libsystemd into our code. An exception that crosses libsystemd leaves the
// loop and the bus answering -EBUSY for ever (measured on 252), so each kind of callback has one
// noexcept trampoline here: a method's failure becomes its reply, any other failure ends the
// loop, and systemd starts the daemon anew from what is on disk.
#pragma once

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include <cstdlib>
#include <exception>

#include "base/log.hpp"
#include "bus/call.hpp"
#include "bus/error_name.hpp"
#include "bus/values.hpp"

namespace gpuboot::bus {

template <class Work> Result<void> guarded(Work work) noexcept {
    try {
        return work();
    } catch (const std::exception& thrown) {
        return fail(Errc::Internal, thrown.what());
    } catch (...) {
        return fail(Errc::Internal, "an exception of unknown type");
    }
}

inline void stop(const Log& log, sd_event* loop, const Error& error) noexcept {
    (void)guarded([&]() -> Result<void> { // what cannot even be logged still ends the loop
        log.error(error.what);
        return {};
    });
    sd_event_exit(loop, EXIT_FAILURE); // fails only when the loop is over already
}

template <auto Handler> struct MethodOf;
template <class Owner, Result<void> (Owner::*Handler)(Call&)> struct MethodOf<Handler> {
    static int call(sd_bus_message* message, void* self, sd_bus_error* error) noexcept {
        const auto done = guarded([&] {
            Call call(message);
            return (static_cast<Owner*>(self)->*Handler)(call);
        });
        return done ? 1 : set_error(error, done.error()); // 1: answered, or will be
    }
};

template <auto Getter> struct PropertyOf;
template <class Owner, class Value, Value (Owner::*Getter)() const> struct PropertyOf<Getter> {
    static int call(sd_bus*, const char*, const char*, const char*, sd_bus_message* reply,
                    void* self, sd_bus_error* error) noexcept {
        const auto done =
            guarded([&] { return append(reply, (static_cast<const Owner*>(self)->*Getter)()); });
        return done ? 1 : set_error(error, done.error());
    }
};

template <auto Handler> struct MessageOf;
template <class Owner, Result<void> (Owner::*Handler)(sd_bus_message*)> struct MessageOf<Handler> {
    static int call(sd_bus_message* message, void* self, sd_bus_error*) noexcept {
        auto& owner = *static_cast<Owner*>(self);
        // The owner may end itself with the reply it waited for: all else is looked up before.
        const Log& log = owner.log();
        sd_event* const loop = sd_bus_get_event(sd_bus_message_get_bus(message));
        const auto done = guarded([&] { return (owner.*Handler)(message); });
        if (!done) stop(log, loop, done.error());
        return 1;
    }
};

template <auto Handler> struct EventOf;
template <class Owner, class... Arguments, Result<void> (Owner::*Handler)(Arguments...)>
struct EventOf<Handler> {
    static int call(sd_event_source* source, Arguments... arguments, void* self) noexcept {
        auto& owner = *static_cast<Owner*>(self);
        const Log& log = owner.log();
        sd_event* const loop = sd_event_source_get_event(source);
        const auto done = guarded([&] { return (owner.*Handler)(arguments...); });
        if (!done) stop(log, loop, done.error());
        return 0;
    }
};

template <auto Handler> inline constexpr sd_bus_message_handler_t method = MethodOf<Handler>::call;
template <auto Getter> inline constexpr sd_bus_property_get_t property = PropertyOf<Getter>::call;
/// For messages that expect no answer: replies to calls of ours, and signals.
template <auto Handler>
inline constexpr sd_bus_message_handler_t on_message = MessageOf<Handler>::call;
/// For every kind of sd-event source; the handler takes what lies between source and userdata.
template <auto Handler> inline constexpr auto* on_event = &EventOf<Handler>::call;

} // namespace gpuboot::bus
