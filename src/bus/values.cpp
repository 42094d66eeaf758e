// SPDX-License-Identifier: LGPL-2.1-or-later
#include "bus/values.hpp"

#include "bus/handles.hpp"

namespace gpuboot::bus {

namespace {

constexpr std::string_view appending = "appending a value to a bus message";

} // namespace

Result<void> append(sd_bus_message* message, std::string_view text) {
    return checked(sd_bus_message_append(message, "s", std::string(text).c_str()), appending);
}

Result<void> append(sd_bus_message* message, std::int32_t number) {
    return checked(sd_bus_message_append(message, "i", number), appending);
}

Result<void> append(sd_bus_message* message, std::uint32_t number) {
    return checked(sd_bus_message_append(message, "u", number), appending);
}

Result<void> append(sd_bus_message* message, bool truth) {
    return checked(sd_bus_message_append(message, "b", static_cast<int>(truth)), appending);
}

Result<void> append(sd_bus_message* message, const ObjectPaths& paths) {
    int result = sd_bus_message_open_container(message, SD_BUS_TYPE_ARRAY, "o");
    for (const std::string& path : paths.paths)
        if (result >= 0) result = sd_bus_message_append(message, "o", path.c_str());
    if (result >= 0) result = sd_bus_message_close_container(message);
    return checked(result, appending);
}

Result<void> append(sd_bus_message* message, const model::Progress& progress) {
    return checked(sd_bus_message_append(message, "(stt)", progress.stage.c_str(),
                                         static_cast<std::uint64_t>(progress.done),
                                         static_cast<std::uint64_t>(progress.total)),
                   appending);
}

Result<void> append(sd_bus_message* message, const std::vector<model::KernelAnswer>& kernels) {
    int result = sd_bus_message_open_container(message, SD_BUS_TYPE_ARRAY, "(sss)");
    for (const model::KernelAnswer& kernel : kernels)
        if (result >= 0)
            result = sd_bus_message_append(message, "(sss)", kernel.kernel.c_str(),
                                           kernel.answer.c_str(), kernel.why.c_str());
    if (result >= 0) result = sd_bus_message_close_container(message);
    return checked(result, appending);
}

Result<void> append(sd_bus_message* message, const std::vector<model::Reason>& reasons) {
    int result = sd_bus_message_open_container(message, SD_BUS_TYPE_ARRAY, "(sssss)");
    for (const model::Reason& reason : reasons)
        if (result >= 0)
            result = sd_bus_message_append(message, "(sssss)", std::string(name_of(reason)).c_str(),
                                           reason.subject.c_str(), reason.wanted.c_str(),
                                           reason.found.c_str(), to_text(reason).c_str());
    if (result >= 0) result = sd_bus_message_close_container(message);
    return checked(result, appending);
}

} // namespace gpuboot::bus
