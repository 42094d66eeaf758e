// SPDX-License-Identifier: LGPL-2.1-or-later
// DeviceFacts as a record a person can read and write (TOML), beside those of facts_record.hpp:
// what tests/golden-devices/*/devices.toml holds. Left out: the driver's own defaults. A [[node]]
// left out is not there; one that is listed is a character device unless it says otherwise.
#pragma once

#include <string>

#include "base/document.hpp"
#include "model/devices.hpp"

namespace gpuboot::report {

Node record_of(const model::DeviceFacts& facts);

/// Strict: a wrong type or unknown key is BadInput "FILE:LINE: KEY: wanted W, found F".
Result<model::DeviceFacts> devices_of(const std::string& file, const Node& record);

} // namespace gpuboot::report
