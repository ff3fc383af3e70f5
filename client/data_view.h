// Data sets and their files as tables, CSV and JSON. Thread-safe: pure functions.
#pragma once

#include <string>
#include <vector>

#include "client/csv.h"
#include "client/data_fetch.h"
#include "client/data_folder.h"
#include "client/data_verify.h"
#include "client/table.h"

namespace adares::client {

// Of `adares data list`.
Table PresenceTable(const std::vector<DatasetPresence>& found);
std::vector<CsvRow> PresenceCsv(const std::vector<DatasetPresence>& found);
std::string PresenceJson(const std::vector<DatasetPresence>& found);

// Of `adares data verify`. The table has the first digits of checksums only.
Table VerdictTable(const std::vector<FileVerdict>& verdicts);
std::vector<CsvRow> VerdictCsv(const std::vector<FileVerdict>& verdicts);
std::string VerdictJson(const std::vector<FileVerdict>& verdicts);

// Of `adares data fetch`.
Table OutcomeTable(const std::vector<FetchOutcome>& outcomes);
std::vector<CsvRow> OutcomeCsv(const std::vector<FetchOutcome>& outcomes);
std::string OutcomeJson(const std::vector<FetchOutcome>& outcomes);

}  // namespace adares::client
