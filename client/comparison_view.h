// The comparison of a sweep's variants as text and CSV. Thread-safe: pure functions.
#pragma once

#include <string>
#include <vector>

#include "adares/v1/analysis_service.pb.h"
#include "client/csv.h"

namespace adares::client {

// A line that names metric and goal, the table with one column for each seed, and a line that says
// how to read it and what is missing.
std::string ComparisonText(const v1::CompareVariantsResponse& comparison, const std::string& sweep,
                           bool color);

// One row a variant; one column for each axis (`axis.NAME`) and each seed (`seed_N`).
std::vector<CsvRow> ComparisonCsv(const v1::CompareVariantsResponse& comparison);

}  // namespace adares::client
