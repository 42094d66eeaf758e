// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/gpu_trouble.hpp"

#include <charconv>

#include "input/kernel_log.hpp"
#include "model/pin.hpp"

namespace gpuboot::input {

namespace {

using model::GpuTrouble;

/// A record begins with priority and facility in one number; the kernel's own facility is 0, and
/// no program can write under that (printk.c, devkmsg_write).
bool is_kernels(std::string_view record) {
    unsigned number = 0;
    const auto [end, error] = std::from_chars(record.data(), record.data() + record.size(), number);
    return error == std::errc() && number < 8 && end != record.data() + record.size() &&
           *end == ',';
}

/// What stands between the two; "" when they do not frame anything.
std::string between(std::string_view text, std::string_view before, std::string_view after) {
    if (!text.starts_with(before)) return "";
    text.remove_prefix(before.size());
    const auto end = text.find(after);
    return end == std::string_view::npos ? "" : std::string(text.substr(0, end));
}

} // namespace

std::optional<GpuTrouble> trouble_in(std::string_view record) {
    if (!is_kernels(record)) return std::nullopt;
    std::string line = text_of_record(record);
    GpuTrouble trouble{
        between(line, "NVRM: Attempting to remove device ", " with non-zero usage count"),
        GpuTrouble::Kind::RemovalWaits, line};
    if (trouble.address.empty()) {
        const std::string slot = between(line, "NVRM: Xid (PCI:", "): 79,");
        trouble = {slot + ".0", GpuTrouble::Kind::FellOff, std::move(line)};
    }
    if (!model::is_pci_address(trouble.address)) return std::nullopt;
    return trouble;
}

} // namespace gpuboot::input
