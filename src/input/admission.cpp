// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/admission.hpp"

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "input/host.hpp"
#include "input/trusted_keys.hpp"

namespace gpuboot::input {

namespace {

using model::Lockdown;

constexpr std::string_view secure_boot_variable =
    "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";

/// "" when it cannot be read.
std::string first_line(const Root& root, std::string_view path) {
    auto text = root.read_text(path, 64 << 10);
    return text ? text->substr(0, text->find('\n')) : "";
}

bool has_word(const std::string& command_line, std::string_view wanted) {
    std::istringstream words(command_line);
    for (std::string word; words >> word;)
        if (word == wanted) return true;
    return false;
}

/// Which setting forbids every load; "" when none does.
std::string read_loading_disabled(const Root& root, const std::string& command_line) {
    if (first_line(root, "/proc/sys/kernel/modules_disabled") != "1") return "";
    const bool by_boot = has_word(command_line, "nomodule") ||
                         has_word(command_line, "nomodule=1") ||
                         has_word(command_line, "nomodule=y");
    return by_boot ? "nomodule on the kernel command line" : "kernel.modules_disabled=1";
}

std::optional<bool> read_sig_enforce(const Root& root, const std::string& command_line) {
    const std::string found = first_line(root, "/sys/module/module/parameters/sig_enforce");
    if (!found.empty()) return found == "Y" || found == "1";
    const std::string word = last_value(command_line, "module.sig_enforce");
    if (word == "1" || word == "y" || word == "Y" || has_word(command_line, "module.sig_enforce"))
        return true;
    return std::nullopt;
}

/// "none [integrity] confidentiality"
Lockdown read_lockdown(const Root& root) {
    const std::string modes = first_line(root, "/sys/kernel/security/lockdown");
    const auto open = modes.find('['), close = modes.find(']');
    if (open == std::string::npos || close == std::string::npos || close < open)
        return Lockdown::Unknown;
    return model::lockdown_of(modes.substr(open + 1, close - open - 1)).value_or(Lockdown::Unknown);
}

/// Four bytes of attributes, then one that is 1 or 0.
std::optional<bool> read_secure_boot(const Root& root) {
    auto bytes = root.read_text(secure_boot_variable, 64);
    if (!bytes || bytes->size() != 5) return std::nullopt;
    return bytes->back() == 1;
}

std::vector<std::string> read_blacklist(const Root& root, const std::string& command_line) {
    std::string list = first_line(root, "/sys/module/kernel/parameters/module_blacklist");
    if (list.empty()) list = last_value(command_line, "module_blacklist");
    if (list == "(null)") list.clear(); // how the kernel prints that there is none
    std::vector<std::string> names;
    std::istringstream parts(list);
    for (std::string name; std::getline(parts, name, ',');)
        if (!name.empty()) names.push_back(name);
    return names;
}

} // namespace

model::Admission read_admission(const Root& root) {
    const std::string command_line = first_line(root, "/proc/cmdline");
    model::Admission admission;
    admission.loading_disabled = read_loading_disabled(root, command_line);
    admission.sig_enforce = read_sig_enforce(root, command_line);
    admission.lockdown = read_lockdown(root);
    admission.secure_boot = read_secure_boot(root);
    admission.blacklist = read_blacklist(root, command_line);
    if (!demand_of(admission).empty()) admission.keys = read_trusted_keys(root);
    return admission;
}

} // namespace gpuboot::input
