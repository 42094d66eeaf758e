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

void Complaint::add(const std::string& text) {
    // NVRM opens a load with a line that says its version; that is no complaint.
    const bool driver = text.starts_with("NVRM:") && !text.starts_with("NVRM: loading");
    if (driver && first_of_driver_.empty() && text.size() > 8) first_of_driver_ = text;
    // Much may go before that, of a chipset or a bus, and be no cause.
    if (driver && of_adapter_.empty() && text.contains("RmInitAdapter")) of_adapter_ = text;
    // A taint is noted of modules that load as well as of those that do not.
    if (text.ends_with("taints kernel.") || text.ends_with("tainting kernel")) return;
    // Said of each symbol whose CRC differs, behind the line that tells so.
    if (text.ends_with("(err -22)")) return;
    if (text.contains("nvidia")) last_of_module_ = text;
    // Of a signature it does not like the kernel complains without naming the module.
    if (text.starts_with("Loading of ") || text.starts_with("Lockdown: ")) last_of_gate_ = text;
}

std::string Complaint::text() const {
    if (!of_adapter_.empty()) return of_adapter_;
    if (!first_of_driver_.empty()) return first_of_driver_;
    return last_of_gate_.empty() ? last_of_module_ : last_of_gate_;
}

std::string KernelLog::complaint() {
    Complaint complaint;
    std::array<char, 8192> record{}; // CONSOLE_EXT_LOG_MAX: one read(2) gives one record
    while (kmsg_) {
        const ssize_t got = ::read(kmsg_.get(), record.data(), record.size());
        if (got < 0 && (errno == EPIPE || errno == EINTR)) continue; // overwritten: read on
        if (got <= 0) break;
        complaint.add(text_of_record({record.data(), static_cast<std::size_t>(got)}));
    }
    return complaint.text();
}

} // namespace gpuboot::input
