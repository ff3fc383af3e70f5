// What is told of a database: checks, backups, deletions, restores and migrations, as tables, CSV
// and JSON. Thread-safe: pure functions.
#pragma once

#include <string>
#include <vector>

#include "adares/v1/admin_service.pb.h"
#include "adares/v1/offline.pb.h"
#include "client/csv.h"
#include "client/table.h"

namespace adares::client {

// Of `adares db check`: a row for each check, then a row for each finding, where there are any.
std::string CheckText(const std::vector<v1::CheckResult>& checks, bool color);
// A row for each finding, and one for each check without any.
std::vector<CsvRow> CheckCsv(const std::vector<v1::CheckResult>& checks);
std::string CheckJson(const std::vector<v1::CheckResult>& checks);

// How many of the checks found something.
int FailedChecks(const std::vector<v1::CheckResult>& checks);

// A backup that is done.
struct BackupSummary {
  std::string path;
  v1::BackupHeader header;
  std::string sha256;
};
std::string BackupText(const BackupSummary& backup);
std::vector<CsvRow> BackupCsv(const BackupSummary& backup);
std::string BackupJson(const BackupSummary& backup);

// Of `adares db prune`.
std::string PruneText(const v1::PruneCounts& counts, bool color);
std::vector<CsvRow> PruneCsv(const v1::PruneCounts& counts);
int64_t Rows(const v1::PruneCounts& counts);

// Of `adares db restore`; `state` is the folder.
std::string RestoreText(const v1::RestoreReport& report, const std::string& state);
std::vector<CsvRow> RestoreCsv(const v1::RestoreReport& report);

// Of `adares db migrate`.
std::string MigrationText(const v1::MigrationReport& report, bool color);
std::vector<CsvRow> MigrationCsv(const v1::MigrationReport& report);

}  // namespace adares::client
