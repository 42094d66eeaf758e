// SPDX-License-Identifier: LGPL-2.1-or-later
// What facts say of compiling, as part of their record (report/facts_record.hpp).
#pragma once

#include "base/document.hpp"
#include "base/fields.hpp"
#include "model/facts.hpp"

namespace gpuboot::report {

void put_compile(Table& table, const model::Facts& facts);

void read_compile(Fields& fields, model::Facts& facts);

} // namespace gpuboot::report
