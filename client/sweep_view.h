// Sweeps as tables and CSV. Thread-safe: pure functions.
#pragma once

#include <string>
#include <vector>

#include "adares/v1/resources.pb.h"
#include "client/csv.h"
#include "client/table.h"
#include "core/timestamp.h"

namespace adares::client {

Table SweepTable(const std::vector<v1::Sweep>& sweeps, Timestamp now);
std::vector<CsvRow> SweepCsv(const std::vector<v1::Sweep>& sweeps);

// Everything about one sweep, for people.
std::string SweepDetails(const v1::Sweep& sweep, Timestamp now, bool color);

// "3 trials: no worker is connected".
std::string PendingText(const v1::PendingReason& pending);

Tone ToneOf(v1::Sweep::State state);

}  // namespace adares::client
