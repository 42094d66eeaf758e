// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/services.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>

#include "base/process.hpp"
#include "input/loaded_driver.hpp"
#include "model/pin.hpp"

namespace gpuboot::input {

namespace {

using namespace model;

constexpr std::string_view devices = "/sys/bus/pci/devices", ports = "/sys/class/infiniband";
constexpr std::size_t vpd_limit = 4096; // the kernel ends it far earlier
constexpr std::string_view manager = "/usr/bin/nv-fabricmanager";
constexpr std::chrono::seconds tool_deadline{5};
constexpr std::array<std::string_view, 2> subnet_managers{"/opt/nvidia/nvlsm/sbin/nvlsm",
                                                          "/usr/sbin/nvlsm"};
// Where units of packages and of operators lie (systemd.unit(5)).
constexpr std::array<std::string_view, 3> unit_folders{
    "/usr/lib/systemd/system/", "/lib/systemd/system/", "/etc/systemd/system/"};

bool is_switch(const Root& root, const std::string& device) {
    const auto folder = std::string(devices) + "/" + device;
    return root.read_text(folder + "/vendor", 64).value_or("").starts_with("0x10de") &&
           root.read_text(folder + "/class", 64).value_or("").starts_with("0x0680");
}

bool manages_switches(const Root& root, const std::string& port) {
    auto fd = root.open_at(std::string(ports) + "/" + port + "/device/vpd", O_RDONLY);
    if (!fd) return false;
    std::array<std::byte, vpd_limit> data{};
    const ssize_t got = ::read(fd->get(), data.data(), data.size());
    if (got <= 0) return false;
    return text_of(ByteView(data).first(static_cast<std::size_t>(got))).contains("SW_MNG");
}

unsigned count(const Root& root, std::string_view folder,
               bool (*wanted)(const Root&, const std::string&)) {
    const auto names = root.list(folder);
    if (!names) return 0;
    return static_cast<unsigned>(
        std::ranges::count_if(*names, [&](const auto& name) { return wanted(root, name); }));
}

std::string said_by(std::vector<std::string> argv) {
    const auto ran = run_tool({std::move(argv), Tool{}.environment, tool_deadline, {}});
    return ran && !ran->timed_out ? ran->output : "";
}

std::vector<std::string> wanted_units(const Policy& policy, const FabricManagerFacts& fabric) {
    std::vector<std::string> units = policy.critical_units;
    units.insert(units.end(), policy.deferred_units.begin(), policy.deferred_units.end());
    if (fabric.switches + fabric.managing_ports > 0) units.emplace_back(fabric_manager_unit);
    return units;
}

/// What `systemctl show` tells under this key of each unit, as far as systemd answered.
std::vector<std::string> values_in(std::string_view shown, std::string_view key,
                                   std::size_t units) {
    std::vector<std::string> values;
    for (std::size_t at = 0; values.size() < units;) {
        at = shown.find(key, at);
        if (at == std::string_view::npos) break;
        at += key.size();
        values.emplace_back(shown.substr(at, shown.find('\n', at) - at));
    }
    return values;
}

std::string shown_of(std::string_view property, const std::vector<std::string>& units) {
    std::vector<std::string> ask{"/usr/bin/systemctl", "show", "-p", std::string(property), "--"};
    ask.insert(ask.end(), units.begin(), units.end());
    return said_by(std::move(ask));
}

} // namespace

FabricManagerFacts read_fabric_hardware(const Root& root) {
    FabricManagerFacts fabric;
    fabric.switches = count(root, devices, is_switch);
    // Slow to read, and of no use where the switches themselves are there.
    if (fabric.switches == 0) fabric.managing_ports = count(root, ports, manages_switches);
    fabric.umad = root.exists("/sys/class/infiniband_mad");
    fabric.subnet_manager =
        std::ranges::any_of(subnet_managers, [&](auto path) { return root.exists(path); });
    return fabric;
}

std::vector<UnusableUnit> unusable_in(std::string_view shown,
                                      const std::vector<std::string>& asked) {
    std::vector<UnusableUnit> unusable;
    const auto states = values_in(shown, "LoadState=", asked.size());
    for (std::size_t i = 0; i < states.size(); ++i)
        if (states[i] != "loaded") unusable.push_back({asked[i], states[i]});
    return unusable;
}

std::vector<std::string> running_in(std::string_view shown, const std::vector<std::string>& asked) {
    std::vector<std::string> running;
    const auto states = values_in(shown, "ActiveState=", asked.size());
    for (std::size_t i = 0; i < states.size(); ++i)
        if (states[i] != "inactive" && states[i] != "failed") running.push_back(asked[i]);
    return running;
}

std::vector<std::string> read_running_units(const Root& root,
                                            const std::vector<std::string>& units) {
    if (!root.is_system() || units.empty()) return {};
    return running_in(shown_of("ActiveState", units), units);
}

std::string fabric_manager_version(std::string_view said) {
    const auto colon = said.find("ersion is : ");
    if (colon == std::string_view::npos) return "";
    said.remove_prefix(colon + std::string_view("ersion is : ").size());
    const std::string version(said.substr(0, said.find_first_of(" \r\n")));
    return is_version(version) ? version : "";
}

ServiceFacts read_services(const Root& root, const Policy& policy) {
    ServiceFacts facts;
    if (const auto loaded = read_loaded_driver(root)) facts.driver = loaded->version;
    facts.fabric = read_fabric_hardware(root);
    facts.persistence_daemon = std::ranges::any_of(unit_folders, [&](std::string_view folder) {
        return root.exists(std::string(folder) + std::string(persistence_daemon_unit));
    });
    if (!root.is_system()) return facts; // another tree's programs are not ours to run
    if (facts.fabric.switches + facts.fabric.managing_ports > 0 && root.exists(manager))
        facts.fabric.version = fabric_manager_version(said_by({std::string(manager), "--version"}));
    const auto units = wanted_units(policy, facts.fabric);
    if (units.empty()) return facts;
    facts.unusable = unusable_in(shown_of("LoadState", units), units);
    return facts;
}

} // namespace gpuboot::input
