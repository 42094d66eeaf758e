// SPDX-License-Identifier: LGPL-2.1-or-later
// The records of earlier boots as a golden case writes them down: the table [records] of the facts.
#pragma once

#include "base/document.hpp"
#include "base/fields.hpp"
#include "model/facts.hpp"

namespace gpuboot::report {

Node record_of(const model::Records& records);
model::Records read_records(Fields& fields);

/// What a case that says nothing of records means: every bake has served before.
model::Records usual_records(const model::Facts& facts);

} // namespace gpuboot::report
