// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bus/authority.hpp"

#include <algorithm>
#include <optional>

#include "bus/trampoline.hpp"

namespace gpuboot::bus {

namespace {

constexpr const char* driver = "org.freedesktop.DBus";
constexpr std::size_t most_questions = 64;

/// The user id in a reply to GetConnectionCredentials (a{sv}).
std::optional<std::uint32_t> user_in(sd_bus_message* reply) {
    std::uint32_t user = 0;
    bool found = false;
    if (sd_bus_message_enter_container(reply, SD_BUS_TYPE_ARRAY, "{sv}") < 0) return std::nullopt;
    while (sd_bus_message_enter_container(reply, SD_BUS_TYPE_DICT_ENTRY, "sv") > 0) {
        const char* key = nullptr;
        if (sd_bus_message_read(reply, "s", &key) < 0) return std::nullopt;
        if (std::string_view(key) == "UnixUserID") {
            if (sd_bus_message_read(reply, "v", "u", &user) < 0) return std::nullopt;
            found = true;
        } else if (sd_bus_message_skip(reply, "v") < 0) {
            return std::nullopt;
        }
        if (sd_bus_message_exit_container(reply) < 0) return std::nullopt;
    }
    return found ? std::optional(user) : std::nullopt;
}

/// The driver said so: only the bus itself can send under this name.
bool says_root(sd_bus_message* reply) {
    const char* sender = sd_bus_message_get_sender(reply);
    return sender && std::string_view(sender) == driver &&
           !sd_bus_message_is_method_error(reply, nullptr) && user_in(reply) == 0u;
}

} // namespace

Result<void> Authority::as_root(sd_bus* bus, const Call& call, Work work) {
    if (questions_.size() >= most_questions)
        return fail(Errc::Busy, "too many callers at once; try again");
    const std::string sender = call.sender();
    Question& question = questions_.emplace_back(*this, call, std::move(work));
    sd_bus_slot* slot = nullptr;
    const int result = sd_bus_call_method_async(
        bus, &slot, driver, "/org/freedesktop/DBus", driver, "GetConnectionCredentials",
        on_message<&Question::on_credentials>, &question, "s", sender.c_str());
    question.slot.reset(slot);
    if (result < 0) questions_.pop_back();
    return checked(result, "asking the bus who calls");
}

Result<void> Authority::Question::on_credentials(sd_bus_message* reply) {
    const auto here = std::ranges::find_if(
        authority.questions_, [this](const Question& other) { return &other == this; });
    // Out of the list first, so that it is over however the work ends.
    std::list<Question> answered;
    answered.splice(answered.begin(), authority.questions_, here);
    Result<void> done = fail(Errc::Denied, "only root may ask for this");
    if (says_root(reply)) done = guarded([this] { return work(call); });
    return done ? done : call.refuse(done.error());
}

} // namespace gpuboot::bus
