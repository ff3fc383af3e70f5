#include "client/database_view.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/json.h"
#include "client/number_format.h"
#include "client/resource_time.h"
#include "client/words.h"

namespace adares::client {
namespace {

constexpr size_t kHashDigits = 12;

std::string OutcomeWord(v1::CheckResult::Outcome outcome) {
  switch (outcome) {
    case v1::CheckResult::OUTCOME_PASSED:
      return "passed";
    case v1::CheckResult::OUTCOME_FAILED:
      return "failed";
    case v1::CheckResult::OUTCOME_SKIPPED:
      return "skipped";
    default:
      return "unknown";
  }
}

Tone ToneOf(v1::CheckResult::Outcome outcome) {
  if (outcome == v1::CheckResult::OUTCOME_PASSED) return Tone::kGood;
  return outcome == v1::CheckResult::OUTCOME_FAILED ? Tone::kBad : Tone::kFaint;
}

Table ChecksTable(const std::vector<v1::CheckResult>& checks) {
  Table table;
  table.columns = {{"CHECK"}, {"RESULT"}, {"FINDINGS", true}, {"NOTE"}};
  for (const v1::CheckResult& check : checks) {
    table.rows.push_back({check.check(),
                          {OutcomeWord(check.outcome()), ToneOf(check.outcome())},
                          absl::StrCat(check.finding_count()),
                          check.note()});
  }
  return table;
}

Table FindingsTable(const std::vector<v1::CheckResult>& checks) {
  Table table;
  table.columns = {{"CHECK"}, {"SUBJECT"}, {"PROBLEM"}};
  for (const v1::CheckResult& check : checks) {
    for (const v1::CheckFinding& finding : check.findings()) {
      table.rows.push_back(
          {check.check(), finding.subject().empty() ? "-" : finding.subject(), finding.problem()});
    }
    const int64_t more = check.finding_count() - check.findings_size();
    if (more > 0) table.rows.push_back({check.check(), "...", absl::StrCat("and ", more, " more")});
  }
  return table;
}

std::string SecondsText(const google::protobuf::Duration& duration) {
  const double seconds = static_cast<double>(duration.seconds()) + duration.nanos() / 1e9;
  return absl::StrFormat("%.3f", seconds);
}

std::vector<std::pair<std::string, int64_t>> Parts(const v1::PruneCounts& counts) {
  return {{"log lines", counts.log_lines()},
          {"superseded points", counts.points()},
          {"superseded skip weights", counts.skip_weights()},
          {"superseded flags", counts.flags()},
          {"checkpoints", counts.checkpoints()}};
}

// What happened to the database that was there.
std::string KeptText(const std::string& kept_as) {
  return kept_as.empty() ? "" : absl::StrCat("the database as it was is kept as ", kept_as, "\n");
}

}  // namespace

std::string CheckText(const std::vector<v1::CheckResult>& checks, bool color) {
  std::string text = RenderTable(ChecksTable(checks), color);
  if (FailedChecks(checks) == 0) return text;
  return absl::StrCat(text, "\n", RenderTable(FindingsTable(checks), color));
}

std::vector<CsvRow> CheckCsv(const std::vector<v1::CheckResult>& checks) {
  std::vector<CsvRow> rows = {{"check", "result", "subject", "problem"}};
  for (const v1::CheckResult& check : checks) {
    const std::string outcome = OutcomeWord(check.outcome());
    if (check.findings().empty()) rows.push_back({check.check(), outcome, "", check.note()});
    for (const v1::CheckFinding& finding : check.findings()) {
      rows.push_back({check.check(), outcome, finding.subject(), finding.problem()});
    }
  }
  return rows;
}

std::string CheckJson(const std::vector<v1::CheckResult>& checks) { return JsonArrayOf(checks); }

int FailedChecks(const std::vector<v1::CheckResult>& checks) {
  return static_cast<int>(
      std::count_if(checks.begin(), checks.end(), [](const v1::CheckResult& check) {
        return check.outcome() == v1::CheckResult::OUTCOME_FAILED;
      }));
}

std::string BackupText(const BackupSummary& backup) {
  return absl::StrCat(backup.path, ": ", ShowBytes(backup.header.bytes()), ", schema ",
                      backup.header.schema_version(), ", as of ",
                      IsoTime(TimeOf(backup.header.snapshot_time())), ", SHA-256 ",
                      backup.sha256.substr(0, kHashDigits), "\n");
}

std::vector<CsvRow> BackupCsv(const BackupSummary& backup) {
  return {{"path", "bytes", "schema_version", "snapshot_time", "sha256"},
          {backup.path, absl::StrCat(backup.header.bytes()),
           absl::StrCat(backup.header.schema_version()),
           IsoTime(TimeOf(backup.header.snapshot_time())), backup.sha256}};
}

std::string BackupJson(const BackupSummary& backup) {
  const std::string members = JsonLineWith("path", JsonString(backup.path), backup.header);
  return absl::StrCat(members.substr(0, members.size() - 1),
                      ",\"sha256\":", JsonString(backup.sha256), "}\n");
}

std::string PruneText(const v1::PruneCounts& counts, bool color) {
  Table table;
  table.columns = {{"WHAT"}, {"ROWS", true}};
  for (const auto& [what, rows] : Parts(counts)) table.rows.push_back({what, absl::StrCat(rows)});
  return RenderTable(table, color);
}

std::vector<CsvRow> PruneCsv(const v1::PruneCounts& counts) {
  return {{"log_lines", "log_bytes", "points", "skip_weights", "flags", "checkpoints"},
          {absl::StrCat(counts.log_lines()), absl::StrCat(counts.log_bytes()),
           absl::StrCat(counts.points()), absl::StrCat(counts.skip_weights()),
           absl::StrCat(counts.flags()), absl::StrCat(counts.checkpoints())}};
}

int64_t Rows(const v1::PruneCounts& counts) {
  int64_t sum = 0;
  for (const auto& [what, rows] : Parts(counts)) sum += rows;
  return sum;
}

std::string RestoreText(const v1::RestoreReport& report, const std::string& state) {
  return absl::StrCat(state, ": ", Plural(report.sweeps(), "sweep"), ", ",
                      Plural(report.trials(), "trial"), ", ", ShowBytes(report.bytes()),
                      ", schema ", report.schema_version(), "\n", KeptText(report.kept_as()));
}

std::vector<CsvRow> RestoreCsv(const v1::RestoreReport& report) {
  return {{"schema_version", "bytes", "sweeps", "trials", "kept_as"},
          {absl::StrCat(report.schema_version()), absl::StrCat(report.bytes()),
           absl::StrCat(report.sweeps()), absl::StrCat(report.trials()), report.kept_as()}};
}

std::string MigrationText(const v1::MigrationReport& report, bool color) {
  if (report.migrations().empty()) {
    return absl::StrCat("schema ", report.from_version(),
                        " is that of this version: nothing to do\n");
  }
  Table table;
  table.columns = {{"VERSION", true}, {"NAME"}, {"SECONDS", true}};
  for (const v1::AppliedMigration& migration : report.migrations()) {
    table.rows.push_back(
        {absl::StrCat(migration.version()), migration.name(), SecondsText(migration.duration())});
  }
  return absl::StrCat(
      RenderTable(table, color), "schema ", report.from_version(), " to ", report.to_version(),
      ", ", ShowBytes(report.bytes_before()), " to ", ShowBytes(report.bytes_after()),
      ", the copy took ", SecondsText(report.copy_duration()), " s",
      report.dry_run() ? "; nothing was changed" : "", "\n", KeptText(report.kept_as()));
}

std::vector<CsvRow> MigrationCsv(const v1::MigrationReport& report) {
  std::vector<CsvRow> rows = {{"version", "name", "seconds"}};
  for (const v1::AppliedMigration& migration : report.migrations()) {
    rows.push_back(
        {absl::StrCat(migration.version()), migration.name(), SecondsText(migration.duration())});
  }
  return rows;
}

}  // namespace adares::client
