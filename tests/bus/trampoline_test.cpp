// SPDX-License-Identifier: LGPL-2.1-or-later
// No exception leaves a callback: a method's caller hears of it, any other one ends the loop.
#include "bus/trampoline.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

namespace gpuboot::bus {

namespace {

class Thrower {
  public:
    Result<void> answer(Call&) { throw std::runtime_error("thrown by a method"); }
    Result<void> refuse(Call&) { return fail(Errc::Busy, "no place"); }
    Result<void> break_down(Call&) { throw 7; }
    std::string_view value() const { throw std::runtime_error("thrown by a getter"); }
    Result<void> happen() {
        if (fails_quietly) return fail(Errc::Io, "an error of an event");
        throw std::runtime_error("thrown by an event");
    }

    const Log& log() const { return log_; }
    bool fails_quietly = false;

  private:
    Log log_{"trampoline-test"};
};

struct BusError {
    ~BusError() { sd_bus_error_free(&error); }
    sd_bus_error error{};
};

int run_loop_with(Thrower& thrower) {
    sd_event* made = nullptr;
    REQUIRE(sd_event_new(&made) >= 0);
    const EventLoop loop(made);
    sd_event_source* source = nullptr;
    REQUIRE(sd_event_add_defer(made, &source, on_event<&Thrower::happen>, &thrower) >= 0);
    const EventSource owned(source);
    return sd_event_loop(made);
}

} // namespace

TEST_CASE("an exception in a method becomes its answer") {
    Thrower thrower;
    BusError found;
    CHECK(method<&Thrower::answer>(nullptr, &thrower, &found.error) < 0);
    CHECK(std::string(found.error.name) == "org.gpuboot1.Error.Internal");
    CHECK(std::string(found.error.message) == "thrown by a method");
}

TEST_CASE("so does one of no known type") {
    Thrower thrower;
    BusError found;
    CHECK(method<&Thrower::break_down>(nullptr, &thrower, &found.error) < 0);
    CHECK(std::string(found.error.name) == "org.gpuboot1.Error.Internal");
}

TEST_CASE("an Error of a method arrives under its own name") {
    Thrower thrower;
    BusError found;
    CHECK(method<&Thrower::refuse>(nullptr, &thrower, &found.error) < 0);
    CHECK(std::string(found.error.name) == "org.gpuboot1.Error.Busy");
    CHECK(std::string(found.error.message) == "no place");
}

TEST_CASE("an exception in a getter becomes its answer") {
    Thrower thrower;
    BusError found;
    CHECK(property<&Thrower::value>(nullptr, "", "", "", nullptr, &thrower, &found.error) < 0);
    CHECK(std::string(found.error.name) == "org.gpuboot1.Error.Internal");
}

TEST_CASE("an exception in an event ends the loop in failure") {
    Thrower thrower;
    CHECK(run_loop_with(thrower) == EXIT_FAILURE);
}

TEST_CASE("so does an Error") {
    Thrower thrower;
    thrower.fails_quietly = true;
    CHECK(run_loop_with(thrower) == EXIT_FAILURE);
}

TEST_CASE("permission denied has the name that every client knows") {
    CHECK(std::string(error_name(Errc::Denied)) == "org.freedesktop.DBus.Error.AccessDenied");
}

} // namespace gpuboot::bus
