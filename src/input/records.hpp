// SPDX-License-Identifier: LGPL-2.1-or-later
// Reads what earlier boots left in /var/lib/gpuboot/records, and what this one would have left
// there on a disk that can be written (/run/gpuboot/tried/bad).
#pragma once

#include "base/root.hpp"
#include "model/records.hpp"

namespace gpuboot::input {

/// A record that does not prove itself counts as absent, and is named in `broken`; one of a newer
/// format is named in `newer`. Never fails: no record is worth a boot.
model::Records read_records(const Root& root);

/// What a sealed record says, by the path it lies at; absent when it says nothing that holds.
/// `newer` is set when it is whole, but of a later format.
std::optional<model::Record> parse_record(std::string_view file, std::string_view text,
                                          bool& newer);

} // namespace gpuboot::input
