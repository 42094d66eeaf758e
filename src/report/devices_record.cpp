// SPDX-License-Identifier: LGPL-2.1-or-later
#include "report/devices_record.hpp"

#include <charconv>
#include <cstdio>
#include <limits>

#include "report/services_record.hpp"
#include "report/table_parts.hpp"

namespace gpuboot::report {

namespace {

using namespace model;

constexpr std::int64_t most = std::numeric_limits<unsigned>::max();

std::int64_t number(unsigned value) { return value; }

std::string octal(unsigned mode) {
    char text[16];
    std::snprintf(text, sizeof text, "%04o", mode);
    return text;
}

unsigned read_number(Fields& fields, std::string_view key) {
    return static_cast<unsigned>(fields.number(key, 0, most));
}

unsigned read_number(Fields& fields, std::string_view key, unsigned otherwise) {
    return static_cast<unsigned>(fields.optional_number(key, 0, most).value_or(otherwise));
}

std::optional<unsigned> read_major(Fields& fields, std::string_view key) {
    const auto major = fields.optional_number(key, 0, most);
    if (!major) return std::nullopt;
    return static_cast<unsigned>(*major);
}

/// "0666": octal, as chmod(1) takes it.
unsigned read_mode(Fields& fields, unsigned otherwise, std::string_view key = "mode") {
    const auto text = fields.optional_text(key);
    if (!text) return otherwise;
    unsigned mode = 0;
    const char* end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, mode, 8);
    if (error == std::errc() && stop == end && mode <= 07777) return mode;
    fields.refuse(key, "octal digits, as \"0666\"", "\"" + *text + "\"");
    return otherwise;
}

Table record_of_gpu(const Gpu& gpu) {
    return {{"address", gpu.address},
            {"pci_id", gpu.pci_id},
            {"driver", gpu.driver.empty() ? "none" : gpu.driver}};
}

Table record_of_served(const ServedGpu& gpu) {
    Table table{{"address", gpu.address}, {"minor", number(gpu.minor)}};
    if (!gpu.uuid.empty()) table.push_back({"uuid", gpu.uuid});
    return table;
}

Table record_of_node(const NodeFact& node) {
    Table table{{"path", node.path}};
    if (!node.present) {
        table.push_back({"present", false});
        return table;
    }
    if (!node.character) table.push_back({"character", false});
    table.push_back({"major", number(node.major)});
    table.push_back({"minor", number(node.minor)});
    table.push_back({"mode", octal(node.mode)});
    table.push_back({"uid", number(node.uid)});
    table.push_back({"gid", number(node.gid)});
    table.push_back({"char_link", node.char_link.empty() ? "none" : node.char_link});
    return table;
}

void put_major(Table& table, const char* key, const std::optional<unsigned>& major) {
    if (major) table.push_back({key, number(*major)});
}

Table record_of_capability(const Capability& capability) {
    Table table{{"name", capability.name},
                {"minor", number(capability.minor)},
                {"mode", octal(capability.mode)}};
    if (!capability.modify) table.push_back({"modify", false});
    return table;
}

Capability read_capability(Fields& fields) {
    return {fields.text("name"), read_number(fields, "minor"), read_mode(fields, 0400),
            fields.optional_flag("modify").value_or(true)};
}

Table record_of_channel(const unsigned& channel) { return {{"channel", number(channel)}}; }

void put_fabric(Table& table, const FabricFacts& fabric) {
    put_major(table, "caps_major", fabric.caps_major);
    put_major(table, "nvlink_major", fabric.nvlink_major);
    put_major(table, "nvswitch_major", fabric.nvswitch_major);
    put_major(table, "imex_major", fabric.imex_major);
    if (fabric.nvlink_major) table.push_back({"nvlink_mode", octal(fabric.nvlink_mode)});
    if (fabric.nvswitch_major) table.push_back({"nvswitch_mode", octal(fabric.nvswitch_mode)});
    if (fabric.nvswitches > 0) table.push_back({"nvswitches", number(fabric.nvswitches)});
    put(table, "capability", fabric.capabilities, record_of_capability);
    put(table, "imex_channel", fabric.imex_channels, record_of_channel);
}

FabricFacts read_fabric(Fields& fields) {
    FabricFacts fabric;
    fabric.caps_major = read_major(fields, "caps_major");
    fabric.nvlink_major = read_major(fields, "nvlink_major");
    fabric.nvswitch_major = read_major(fields, "nvswitch_major");
    fabric.imex_major = read_major(fields, "imex_major");
    fabric.nvlink_mode = read_mode(fields, fabric.nvlink_mode, "nvlink_mode");
    fabric.nvswitch_mode = read_mode(fields, fabric.nvswitch_mode, "nvswitch_mode");
    fabric.nvswitches = read_number(fields, "nvswitches", 0);
    fabric.capabilities = read_each(fields, "capability", read_capability);
    fabric.imex_channels = read_each(
        fields, "imex_channel", [](Fields& channel) { return read_number(channel, "channel"); });
    return fabric;
}

Table record_of_link(const CharLink& link) {
    Table table{{"path", link.path}, {"target", link.target}};
    if (!link.leads_to_device) table.push_back({"leads_to_device", false});
    return table;
}

CdiMount read_mount(Fields& fields) { return {fields.text("host"), fields.text("container")}; }

Table record_of_mount(const CdiMount& mount) {
    return {{"host", mount.host}, {"container", mount.container}};
}

NodeFact read_node(Fields& fields, const DeviceFacts& facts) {
    NodeFact node;
    node.path = fields.text("path");
    node.present = fields.optional_flag("present").value_or(true);
    if (!node.present) return node;
    node.character = fields.optional_flag("character").value_or(true);
    node.major = node.character ? read_number(fields, "major") : read_number(fields, "major", 0);
    node.minor = node.character ? read_number(fields, "minor") : read_number(fields, "minor", 0);
    node.mode = read_mode(fields, facts.mode);
    node.uid = read_number(fields, "uid", facts.uid);
    node.gid = read_number(fields, "gid", facts.gid);
    const std::string right = node.path.starts_with("/dev/") ? "../" + node.path.substr(5) : "";
    node.char_link = fields.optional_text("char_link").value_or(node.character ? right : "none");
    if (node.char_link == "none") node.char_link.clear();
    return node;
}

} // namespace

Node record_of(const DeviceFacts& facts) {
    Table table;
    if (facts.frontend_major) table.push_back({"frontend_major", number(*facts.frontend_major)});
    if (facts.uvm_major) table.push_back({"uvm_major", number(*facts.uvm_major)});
    table.push_back({"modeset", facts.modeset});
    table.push_back({"modify", facts.modify});
    table.push_back({"mode", octal(facts.mode)});
    table.push_back({"uid", number(facts.uid)});
    table.push_back({"gid", number(facts.gid)});
    put(table, "gpu", facts.gpus, record_of_gpu);
    put(table, "served", facts.served, record_of_served);
    put_fabric(table, facts.fabric);
    put(table, "node", facts.nodes, record_of_node);
    put(table, "link", facts.links, record_of_link);
    put(table, "cdi_library", facts.cdi.libraries, record_of_mount);
    put(table, "cdi_file", facts.cdi.files, record_of_mount);
    if (!facts.cdi.hook.empty()) table.push_back({"cdi_hook", facts.cdi.hook});
    if (!facts.cdi.rivals.empty()) put(table, "cdi_rivals", facts.cdi.rivals);
    put_services(table, facts.services);
    put_runtimes(table, facts.runtimes);
    return table;
}

Result<DeviceFacts> devices_of(const std::string& file, const Node& record) {
    Fields fields(file, record);
    DeviceFacts facts;
    facts.frontend_major = read_major(fields, "frontend_major");
    facts.uvm_major = read_major(fields, "uvm_major");
    facts.modeset = fields.optional_flag("modeset").value_or(false);
    facts.modify = fields.optional_flag("modify").value_or(true);
    facts.mode = read_mode(fields, facts.mode);
    facts.uid = read_number(fields, "uid", 0);
    facts.gid = read_number(fields, "gid", 0);
    facts.gpus = read_each(fields, "gpu", [](Fields& gpu) {
        const std::string driver = gpu.optional_text("driver").value_or("none");
        return Gpu{gpu.text("address"), gpu.text("pci_id"), driver == "none" ? "" : driver};
    });
    facts.served = read_each(fields, "served", [](Fields& gpu) {
        return ServedGpu{gpu.text("address"), read_number(gpu, "minor"),
                         text_or_empty(gpu, "uuid")};
    });
    facts.fabric = read_fabric(fields);
    facts.nodes = read_each(fields, "node", [&](Fields& node) { return read_node(node, facts); });
    facts.links = read_each(fields, "link", [](Fields& link) {
        return CharLink{link.text("path"), link.text("target"),
                        link.optional_flag("leads_to_device").value_or(true)};
    });
    facts.cdi.libraries = read_each(fields, "cdi_library", read_mount);
    facts.cdi.files = read_each(fields, "cdi_file", read_mount);
    facts.cdi.hook = text_or_empty(fields, "cdi_hook");
    facts.cdi.rivals = fields.optional_texts("cdi_rivals").value_or(std::vector<std::string>{});
    facts.services = read_services(fields);
    facts.runtimes = read_runtimes(fields);
    if (auto flaw = fields.flaw()) return fail(Errc::BadInput, *flaw);
    return facts;
}

} // namespace gpuboot::report
