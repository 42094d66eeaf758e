// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/kernel_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace gpuboot::input {

KernelLog::KernelLog() : kmsg_(::open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC)) {
    if (kmsg_) (void)::lseek(kmsg_.get(), 0, SEEK_END);
}

std::string text_of_record(std::string_view record) {
    const auto begin = record.find(';');
    if (begin == std::string_view::npos) return "";
    record.remove_prefix(begin + 1);
    return std::string(record.substr(0, record.find('\n')));
}

std::string KernelLog::complaint() {
    std::string first_of_driver, last_of_module;
    std::array<char, 8192> record{}; // CONSOLE_EXT_LOG_MAX: one read(2) gives one record
    while (kmsg_) {
        const ssize_t got = ::read(kmsg_.get(), record.data(), record.size());
        if (got < 0 && (errno == EPIPE || errno == EINTR)) continue; // overwritten: read on
        if (got <= 0) break;
        const std::string text = text_of_record({record.data(), static_cast<std::size_t>(got)});
        // NVRM opens a load with a line that says its version; that is no complaint.
        const bool driver = text.starts_with("NVRM:") && !text.starts_with("NVRM: loading");
        if (driver && first_of_driver.empty() && text.size() > 8) first_of_driver = text;
        if (text.find("nvidia") != std::string::npos) last_of_module = text;
    }
    return first_of_driver.empty() ? last_of_module : first_of_driver;
}

} // namespace gpuboot::input
