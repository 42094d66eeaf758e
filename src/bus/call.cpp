// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bus/call.hpp"

#include <algorithm>

#include "bus/error_name.hpp"

namespace gpuboot::bus {

namespace {

/// A name from a stranger, fit for a message that is read on a terminal.
std::string quoted(std::string_view name) {
    std::string text = "\"";
    for (const char letter : name.substr(0, 64))
        text += static_cast<unsigned char>(letter) < ' ' || letter == '\x7f' ? '?' : letter;
    return text + (name.size() > 64 ? "...\"" : "\"");
}

std::string listed(const std::vector<std::string_view>& names) {
    if (names.empty()) return "there are none";
    std::string text = "known:";
    for (std::string_view name : names)
        text += " " + std::string(name);
    return text;
}

} // namespace

std::string Call::sender() const {
    const char* name = sd_bus_message_get_sender(message_.get());
    return name ? name : "";
}

Result<bool> Call::read_flag(const std::string& name) {
    const char* signature = nullptr;
    if (auto peeked = checked(sd_bus_message_peek_type(message_.get(), nullptr, &signature), name);
        !peeked)
        return forward(std::move(peeked).error());
    if (std::string_view(signature) != "b")
        return fail(Errc::BadInput,
                    "option " + quoted(name) + ": wanted type b, found type " + signature);
    int flag = 0;
    if (auto read = checked(sd_bus_message_read(message_.get(), "v", "b", &flag), name); !read)
        return forward(std::move(read).error());
    return flag != 0;
}

Result<std::set<std::string>> Call::options(const std::vector<std::string_view>& known) {
    sd_bus_message* const message = message_.get();
    std::set<std::string> seen, on;
    int result = sd_bus_message_enter_container(message, SD_BUS_TYPE_ARRAY, "{sv}");
    while (result >= 0) {
        result = sd_bus_message_enter_container(message, SD_BUS_TYPE_DICT_ENTRY, "sv");
        if (result == 0) return on;
        const char* key = nullptr;
        if (result > 0) result = sd_bus_message_read(message, "s", &key);
        if (result < 0) break;
        if (std::ranges::find(known, std::string_view(key)) == known.end())
            return fail(Errc::BadInput,
                        "unknown option " + quoted(key) + " (" + listed(known) + ")");
        if (!seen.insert(key).second)
            return fail(Errc::BadInput, "option " + quoted(key) + ": given twice");
        auto flag = read_flag(key);
        if (!flag) return forward(std::move(flag).error());
        if (*flag) on.insert(key);
        result = sd_bus_message_exit_container(message);
    }
    return fail_errno("reading options", -result);
}

Result<void> Call::answer_text(const std::string& text) {
    return checked(sd_bus_reply_method_return(message_.get(), "s", text.c_str()), "answering");
}

Result<void> Call::answer_path(const std::string& path) {
    return checked(sd_bus_reply_method_return(message_.get(), "o", path.c_str()), "answering");
}

Result<void> Call::refuse(const Error& reason) {
    const sd_bus_error error{error_name(reason.code), reason.what.c_str(), 0};
    return checked(sd_bus_reply_method_error(message_.get(), &error), "refusing");
}

} // namespace gpuboot::bus
