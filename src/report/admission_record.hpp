// SPDX-License-Identifier: LGPL-2.1-or-later
// [admission] and a file's [signature] in the record of facts (report/facts_record.hpp).
#pragma once

#include "base/document.hpp"
#include "base/fields.hpp"
#include "model/admission.hpp"

namespace gpuboot::report {

Table record_of(const model::Admission& admission);
Table record_of(const model::Signature& signature);

/// What is left out is unknown, or not the case.
model::Admission admission_of(Fields& fields);
model::Signature signature_of(Fields& fields);

} // namespace gpuboot::report
