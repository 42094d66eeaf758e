// SPDX-License-Identifier: LGPL-2.1-or-later
#include "report/admission_record.hpp"

#include <utility>

namespace gpuboot::report {

namespace {

using namespace model;

void put(Table& table, const char* key, const std::string& text) {
    if (text.find_first_not_of(" \t\r\n") != std::string::npos) table.push_back({key, text});
}

std::string text_of(Fields& fields, std::string_view key) {
    return fields.optional_text(key).value_or("");
}

Table record_of(const TrustedKey& key) {
    Table table;
    put(table, "name", key.name);
    put(table, "key_id", key.key_id);
    put(table, "issuer", key.issuer);
    put(table, "serial", key.serial);
    return table;
}

} // namespace

Table record_of(const Admission& admission) {
    Table table;
    put(table, "loading_disabled", admission.loading_disabled);
    if (admission.sig_enforce) table.push_back({"sig_enforce", *admission.sig_enforce});
    table.push_back({"lockdown", to_text(admission.lockdown)});
    if (admission.secure_boot) table.push_back({"secure_boot", *admission.secure_boot});
    if (!admission.blacklist.empty())
        table.push_back(
            {"blacklist", Array(admission.blacklist.begin(), admission.blacklist.end())});
    table.push_back({"keys_read", admission.keys.has_value()});
    Array keys;
    if (admission.keys)
        for (const TrustedKey& key : *admission.keys)
            keys.push_back(record_of(key));
    if (!keys.empty()) table.push_back({"key", std::move(keys)});
    return table;
}

Table record_of(const Signature& signature) {
    Table table;
    put(table, "signer", signature.signer);
    put(table, "key_id", signature.key_id);
    put(table, "hash", signature.hash);
    if (signature.chained) table.push_back({"chained", true});
    put(table, "flaw", signature.flaw);
    return table;
}

Admission admission_of(Fields& fields) {
    Admission admission;
    admission.loading_disabled = text_of(fields, "loading_disabled");
    admission.sig_enforce = fields.optional_flag("sig_enforce");
    if (fields.optional_text("lockdown"))
        admission.lockdown = lockdown_of(fields.choice("lockdown", {"unknown", "none", "integrity",
                                                                    "confidentiality"}))
                                 .value_or(Lockdown::Unknown);
    admission.secure_boot = fields.optional_flag("secure_boot");
    admission.blacklist = fields.optional_texts("blacklist").value_or(admission.blacklist);
    if (!fields.optional_flag("keys_read").value_or(false)) return admission;
    admission.keys.emplace();
    Fields probe = fields; // `tables` would demand the key
    if (!probe.optional_texts("key")) {
        (void)fields.optional_texts("key"); // known, and absent
        return admission;
    }
    for (Fields& key : fields.tables("key")) {
        admission.keys->push_back({text_of(key, "name"), text_of(key, "key_id"),
                                   text_of(key, "issuer"), text_of(key, "serial")});
        fields.adopt(key);
    }
    return admission;
}

Signature signature_of(Fields& fields) {
    Signature signature;
    signature.signer = text_of(fields, "signer");
    signature.key_id = text_of(fields, "key_id");
    signature.hash = text_of(fields, "hash");
    signature.chained = fields.optional_flag("chained").value_or(false);
    signature.flaw = text_of(fields, "flaw");
    return signature;
}

} // namespace gpuboot::report
