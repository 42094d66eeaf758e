// SPDX-License-Identifier: LGPL-2.1-or-later
// The part of the devices' record that tells of services and container runtimes.
#pragma once

#include <vector>

#include "base/document.hpp"
#include "base/fields.hpp"
#include "model/runtimes.hpp"
#include "model/services.hpp"

namespace gpuboot::report {

void put_services(Table& table, const model::ServiceFacts& services);
model::ServiceFacts read_services(Fields& fields);

void put_runtimes(Table& table, const std::vector<model::RuntimeFacts>& runtimes);
std::vector<model::RuntimeFacts> read_runtimes(Fields& fields);

} // namespace gpuboot::report
