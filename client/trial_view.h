// Trials and what they measured as tables and CSV. Thread-safe: pure functions.
#pragma once

#include <string>
#include <vector>

#include "adares/v1/analysis_service.pb.h"
#include "adares/v1/resources.pb.h"
#include "client/csv.h"
#include "client/table.h"
#include "core/timestamp.h"

namespace adares::client {

Table TrialTable(const std::vector<v1::Trial>& trials, Timestamp now);
std::vector<CsvRow> TrialCsv(const std::vector<v1::Trial>& trials);

// Everything about one trial, for people: its state, attempts, newest values, configuration, and
// why it failed where it did.
std::string TrialDetails(const v1::Trial& trial, Timestamp now, bool color);

Table MetricTable(const v1::QueryMetricsResponse& metrics);
std::vector<CsvRow> MetricCsv(const v1::QueryMetricsResponse& metrics);
Table SkipWeightTable(const v1::QuerySkipWeightsResponse& weights);
std::vector<CsvRow> SkipWeightCsv(const v1::QuerySkipWeightsResponse& weights);
std::vector<CsvRow> LogCsvHeader();
CsvRow LogCsvRow(int attempt, const v1::LogLine& line);

Tone ToneOf(v1::Trial::State state);

}  // namespace adares::client
