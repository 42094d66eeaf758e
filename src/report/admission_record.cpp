// SPDX-License-Identifier: LGPL-2.1-or-later
#include "report/admission_record.hpp"

#include <utility>

#include "report/table_parts.hpp"

namespace gpuboot::report {

namespace {

using namespace model;

Table record_of_key(const TrustedKey& key) {
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
    if (admission.keys) put(table, "key", *admission.keys, record_of_key);
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
    admission.loading_disabled = text_or_empty(fields, "loading_disabled");
    admission.sig_enforce = fields.optional_flag("sig_enforce");
    if (fields.optional_text("lockdown"))
        admission.lockdown = lockdown_of(fields.choice("lockdown", {"unknown", "none", "integrity",
                                                                    "confidentiality"}))
                                 .value_or(Lockdown::Unknown);
    admission.secure_boot = fields.optional_flag("secure_boot");
    admission.blacklist = fields.optional_texts("blacklist").value_or(admission.blacklist);
    if (!fields.optional_flag("keys_read").value_or(false)) return admission;
    admission.keys = read_each(fields, "key", [](Fields& key) {
        return TrustedKey{text_or_empty(key, "name"), text_or_empty(key, "key_id"),
                          text_or_empty(key, "issuer"), text_or_empty(key, "serial")};
    });
    return admission;
}

Signature signature_of(Fields& fields) {
    Signature signature;
    signature.signer = text_or_empty(fields, "signer");
    signature.key_id = text_or_empty(fields, "key_id");
    signature.hash = text_or_empty(fields, "hash");
    signature.chained = fields.optional_flag("chained").value_or(false);
    signature.flaw = text_or_empty(fields, "flaw");
    return signature;
}

} // namespace gpuboot::report
