// SPDX-License-Identifier: LGPL-2.1-or-later
#include "input/records.hpp"

#include <sys/utsname.h>

#include <algorithm>

#include "base/fields.hpp"
#include "base/names.hpp"
#include "base/sealed.hpp"
#include "input/host.hpp"

namespace gpuboot::input {

namespace {

using namespace model;

constexpr std::size_t record_limit = 16 << 10;
constexpr std::size_t records_limit = 1024;

std::string build_of_this_kernel() {
    struct utsname name{};
    return ::uname(&name) == 0 ? name.version : "";
}

Record read_fields(Fields& fields, std::string_view file) {
    if (file == "trial")
        return Trial{fields.text("bake"), fields.text("boot_id"),
                     static_cast<int>(fields.number("tries", 1, 1000))};
    if (file.starts_with("bad/"))
        return BadBake{fields.text("bake"), fields.text("kernel"),
                       fields.optional_text("build").value_or(""), fields.text("why"),
                       fields.optional_text("when").value_or("")};
    if (file.starts_with("cold/"))
        return ColdRead{fields.text("bake"), fields.text("stamps"),
                        fields.optional_text("damaged").value_or(""),
                        fields.optional_text("wanted").value_or(""),
                        fields.optional_text("found").value_or("")};
    return GoodBake{fields.text("kernel"), fields.text("bake")};
}

bool lies_in_a_store(const Root& root, const std::string& bake) {
    return root.exists(std::string(names::store) + "/" + bake) ||
           root.exists(std::string(names::vendor_store) + "/" + bake);
}

class Reader {
  public:
    Reader(const Root& root, Records& records) : root_(root), records_(records) {}

    void read_folder(std::string_view folder, const std::string& below) {
        const auto entries = root_.list(std::string(folder) + "/" + below, records_limit);
        if (!entries) return;
        for (const std::string& name : *entries) {
            // A temporary name is of a write that was cut off: the record under it is the old one.
            const bool known = !below.empty() || name == "trial" || name.starts_with("last-good-");
            const std::string file = below.empty() ? name : below + "/" + name;
            if (name.starts_with(".trial.") || name.starts_with(".last-good-") ||
                (!below.empty() && name.starts_with('.')))
                records_.broken.push_back(file);
            else if (known && !name.starts_with('.'))
                read_file(folder, file);
        }
    }

  private:
    void read_file(std::string_view folder, const std::string& file) {
        const auto text = root_.read_text(std::string(folder) + "/" + file, record_limit);
        bool newer = false;
        const auto record = text ? parse_record(file, *text, newer) : std::nullopt;
        const auto* bad = record ? std::get_if<BadBake>(&*record) : nullptr;
        const auto* cold = record ? std::get_if<ColdRead>(&*record) : nullptr;
        const std::string* of = bad ? &bad->bake : cold ? &cold->bake : nullptr;
        if (newer)
            records_.newer.push_back(file);
        else if (!record || (of && !lies_in_a_store(root_, *of)))
            records_.broken.push_back(file);
        else
            std::visit([this](const auto& value) { keep(value); }, *record);
    }

    void keep(const Trial& trial) { records_.trial = trial; }
    void keep(const GoodBake& good) { records_.good.push_back(good); }
    void keep(const ColdRead& cold) { records_.cold.push_back(cold); }
    void keep(const BadBake& bad) {
        if (std::ranges::find(records_.bad, bad.bake, &BadBake::bake) == records_.bad.end())
            records_.bad.push_back(bad);
    }

    const Root& root_;
    Records& records_;
};

} // namespace

std::optional<Record> parse_record(std::string_view file, std::string_view text, bool& newer) {
    const auto payload = unseal(text);
    if (!payload) return std::nullopt;
    const auto document = parse_json(*payload);
    if (!document) return std::nullopt;
    const Node* format = document->find("format");
    const auto* number = format ? std::get_if<std::int64_t>(&format->value) : nullptr;
    newer = number && *number > record_format;
    if (newer) return std::nullopt;
    Fields fields(std::string(file), *document);
    fields.number("format", record_format, record_format);
    Record record = read_fields(fields, file);
    // The name is what finds it: a record that was copied to another name says nothing.
    if (fields.flaw() || file_of(record) != file) return std::nullopt;
    return record;
}

Records read_records(const Root& root) {
    Records records;
    records.boot_id = read_boot_id(root);
    if (root.is_system()) records.build = build_of_this_kernel();
    Reader reader(root, records);
    reader.read_folder(names::records_directory, "");
    reader.read_folder(names::records_directory, "bad");
    reader.read_folder(names::records_directory, "cold");
    const auto broken = records.broken;
    reader.read_folder(names::tried_directory, "bad");
    records.broken = broken; // what lies in /run goes with the boot
    return records;
}

} // namespace gpuboot::input
