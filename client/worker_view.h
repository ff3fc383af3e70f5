// Workers as a table and CSV. Thread-safe: pure functions.
#pragma once

#include <string>
#include <vector>

#include "adares/v1/resources.pb.h"
#include "client/csv.h"
#include "client/table.h"
#include "core/timestamp.h"

namespace adares::client {

Table WorkerTable(const std::vector<v1::Worker>& workers, Timestamp now);
// A line for each worker that is set aside, with the reason; empty where none is.
std::string CordonNotes(const std::vector<v1::Worker>& workers);
std::vector<CsvRow> WorkerCsv(const std::vector<v1::Worker>& workers);

}  // namespace adares::client
