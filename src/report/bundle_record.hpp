// SPDX-License-Identifier: LGPL-2.1-or-later
// What facts say of bundled userspace, as part of their record (report/facts_record.hpp). What a
// hand-written one leaves out is as the pin wants it: two libraries with their links, one firmware.
#pragma once

#include "base/document.hpp"
#include "base/fields.hpp"
#include "model/facts.hpp"

namespace gpuboot::report {

void put_bundle(Table& marker, const model::Marker& bundling);
void put_active_bundle(Table& table, const model::Facts& facts);
void put_cold(Table& table, const model::BakeFact& bake);

void read_active_bundle(Fields& fields, model::Facts& facts);
/// `marker` knows its version already.
void read_bundle(Fields& fields, const model::Pin& pin, model::Marker& marker);
/// Of an intact bake every file that is not listed is as its marker says.
void read_cold(Fields& fields, bool intact, model::BakeFact& bake);

} // namespace gpuboot::report
