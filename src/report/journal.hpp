// SPDX-License-Identifier: LGPL-2.1-or-later
// Structured events for the journal: a sentence for a person, fields for a machine, and an id
// whose catalog entry (packaging/catalog) says what to do.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/names.hpp"
#include "model/report.hpp"

namespace gpuboot::report {

using JournalFields = std::vector<std::pair<std::string_view, std::string>>;

/// `priority` as syslog(3) counts. Without a journal the event is lost: the report file has it all.
void send_event(const names::Event& event, int priority, const std::string& message,
                const JournalFields& fields = {});

/// The event that tells of a reason: its own, or the verdict's, whose message names every reason.
names::Event event_of(model::ReasonCode code);

/// The events of one finished phase: its verdict, and one more for each reason that has its own.
void send_events(const model::Report& report);

} // namespace gpuboot::report
