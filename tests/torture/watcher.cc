#include "tests/torture/watcher.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/sha256.h"
#include "server/store/database_check.h"
#include "tests/fixtures/temp_folder.h"

namespace adares::torture {
namespace {

constexpr int kBusyTimeoutMs = 10'000;
constexpr size_t kFindingsKept = 50;

constexpr char kTrials[] = R"sql(
SELECT sweep.name || '/' || trial.name, trial.state
FROM trial JOIN sweep ON sweep.id = trial.sweep_id)sql";

constexpr char kAttempts[] = R"sql(
SELECT sweep.name || '/' || trial.name || '#' || attempt.number,
  coalesce(attempt.end_reason || ' at ' || attempt.ended_at, ''),
  (SELECT count(*) FROM metric_point
    WHERE trial_id = attempt.trial_id AND attempt = attempt.number)
  + (SELECT count(*) FROM skip_weight
    WHERE trial_id = attempt.trial_id AND attempt = attempt.number)
  + (SELECT count(*) FROM flag WHERE trial_id = attempt.trial_id AND attempt = attempt.number)
FROM attempt
JOIN trial ON trial.id = attempt.trial_id
JOIN sweep ON sweep.id = trial.sweep_id)sql";

// What a trainer reports comes in order, so that what is missing in the middle was lost. The loss
// is reported at least once an epoch, the value of the step that ends it.
constexpr char kHoles[] = R"sql(
SELECT sweep.name || '/' || trial.name || '#' || metric_point.attempt,
  min(metric_point.epoch), max(metric_point.epoch), count(DISTINCT metric_point.epoch),
  min(metric_point.step), max(metric_point.step), count(*)
FROM metric_point
JOIN metric_key ON metric_key.id = metric_point.key_id
JOIN trial ON trial.id = metric_point.trial_id
JOIN sweep ON sweep.id = trial.sweep_id
WHERE metric_key.name = 'train/loss'
GROUP BY metric_point.trial_id, metric_point.attempt
HAVING count(DISTINCT metric_point.epoch) <> max(metric_point.epoch) - min(metric_point.epoch) + 1
  OR (sweep.name LIKE 'scripted-%'
    AND count(*) <> max(metric_point.step) - min(metric_point.step) + 1))sql";

constexpr char kBlobs[] = "SELECT DISTINCT sha256 FROM v1_checkpoints";

}  // namespace

void Watcher::Look() {
  ++looks_;
  SQLite::Database database(database_, SQLite::OPEN_READONLY, kBusyTimeoutMs);
  SQLite::Transaction snapshot(database);
  std::set<std::string> sweeps;
  SQLite::Statement sweep(database, "SELECT name FROM sweep");
  while (sweep.executeStep()) sweeps.insert(sweep.getColumn(0).getString());
  for (const std::string& name : acknowledged_) {
    if (!sweeps.contains(name)) Find(absl::StrCat("sweep ", name, " was acknowledged and is gone"));
  }

  std::set<std::string> seen;
  SQLite::Statement trial(database, kTrials);
  while (trial.executeStep()) {
    const std::string id = trial.getColumn(0).getString();
    const auto state = ParseTrialState(trial.getColumn(1).getString());
    seen.insert(id);
    if (state) LookAtTrial(id, *state);
  }
  SQLite::Statement attempt(database, kAttempts);
  while (attempt.executeStep()) {
    const std::string id = attempt.getColumn(0).getString();
    seen.insert(id);
    LookAtAttempt(id, {attempt.getColumn(1).getString(), attempt.getColumn(2).getInt64()});
  }
  for (const auto& [id, state] : trials_) {
    if (!seen.contains(id)) Find(absl::StrCat("trial ", id, " is gone"));
  }
  for (const auto& [id, there] : attempts_) {
    if (!seen.contains(id)) Find(absl::StrCat("attempt ", id, " is gone"));
  }
}

void Watcher::LookAtTrial(const std::string& id, TrialState state) {
  const auto before = trials_.try_emplace(id, state).first;
  if (before->second == TrialState::kSucceeded && state != TrialState::kSucceeded) {
    Find(absl::StrCat("trial ", id, " had succeeded and is ", std::string(Name(state))));
  }
  before->second = state;
}

void Watcher::LookAtAttempt(const std::string& id, const Attempt& now) {
  const auto [place, is_new] = attempts_.try_emplace(id, now);
  const Attempt before = std::exchange(place->second, now);
  if (now.rows < before.rows) {
    Find(absl::StrCat("attempt ", id, " had ", before.rows, " rows and has ", now.rows));
  }
  if (is_new || before.end.empty()) return;
  if (now.end != before.end) {
    Find(absl::StrCat("attempt ", id, " had ended as ", before.end, ", now as ", now.end));
  }
  if (now.rows > before.rows) {
    Find(absl::StrCat("attempt ", id, " had ended with ", before.rows, " rows and has ", now.rows));
  }
}

std::vector<std::string> Watcher::OpenTrials() const {
  std::vector<std::string> open;
  for (const auto& [id, state] : trials_) {
    if (!IsFinal(state)) open.push_back(id);
  }
  return open;
}

void Watcher::CheckWhole() {
  CheckObserver observer;
  observer.end = [this](const CheckResult& result) {
    for (const CheckFinding& finding : result.findings) {
      Find(absl::StrCat("check ", result.check, ": ", finding.subject, ": ", finding.problem));
    }
    if (result.outcome == CheckResult::Outcome::kSkipped) {
      Find(absl::StrCat("check ", result.check, " was not made: ", result.note));
    }
  };
  const absl::Status checked = CheckDatabase(database_, CheckDepth::kAll, observer, artifacts_);
  if (!checked.ok()) Find(absl::StrCat("the check: ", checked.message()));
  FindHoles();
  if (!artifacts_.empty()) ReadBlobs();
}

void Watcher::ReadBlobs() {
  SQLite::Database database(database_, SQLite::OPEN_READONLY, kBusyTimeoutMs);
  SQLite::Statement blob(database, kBlobs);
  while (blob.executeStep()) {
    const std::string name = blob.getColumn(0).getString();
    const std::string hash =
        Sha256Hex(fixtures::ReadTextFile(artifacts_ + "/" + name.substr(0, 2) + "/" + name));
    if (hash == name) {
      ++blobs_;
    } else {
      Find(absl::StrCat("blob ", name, " has the hash ", hash));
    }
  }
}

void Watcher::FindHoles() {
  SQLite::Database database(database_, SQLite::OPEN_READONLY, kBusyTimeoutMs);
  SQLite::Statement hole(database, kHoles);
  while (hole.executeStep()) {
    Find(absl::StrCat("attempt ", hole.getColumn(0).getString(), " has a hole: epochs ",
                      hole.getColumn(1).getInt64(), " to ", hole.getColumn(2).getInt64(), ", ",
                      hole.getColumn(3).getInt64(), " of them; steps ",
                      hole.getColumn(4).getInt64(), " to ", hole.getColumn(5).getInt64(), ", ",
                      hole.getColumn(6).getInt64(), " of them"));
  }
}

void Watcher::Find(std::string finding) {
  if (findings_.size() < kFindingsKept) findings_.push_back(std::move(finding));
}

}  // namespace adares::torture
