// SPDX-License-Identifier: LGPL-2.1-or-later
// What runs and what is foreign, as part of the record of facts: tables [[running]], [[user]],
// [[origin]] and [[foreign]].
#pragma once

#include "base/document.hpp"
#include "base/fields.hpp"
#include "model/facts.hpp"

namespace gpuboot::report {

void add_running(Table& record, const model::Facts& facts);
void read_running(Fields& fields, model::Facts& facts);

} // namespace gpuboot::report
