#include "tests/torture/watcher.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/sha256.h"
#include "server/store/database_check.h"
#include "tests/fixtures/temp_folder.h"
#include "tests/torture/row_rules.h"

namespace adares::torture {
namespace {

constexpr int kBusyTimeoutMs = 10'000;
constexpr size_t kFindingsKept = 50;

constexpr char kBlobs[] = "SELECT DISTINCT sha256 FROM v1_checkpoints";

// After how many ends of that kind a trial fails, by the defaults of sweeps: of losses only those
// count that came without progress. No other kind of end fails a trial here.
bool HasUsedUpItsTries(const TrialRow& trial) {
  if (trial.last_end == "error") return trial.alike_ends > 1;
  if (trial.last_end == "worker-lost") return trial.alike_ends > 4 && trial.gained_steps <= 0;
  return false;
}

// Of an attempt that has ended a checkpoint may be deleted, but none may come.
bool HasNewCheckpoint(const AttemptRow& before, const AttemptRow& now) {
  return !std::includes(before.checkpoints.begin(), before.checkpoints.end(),
                        now.checkpoints.begin(), now.checkpoints.end());
}

}  // namespace

Watcher::Watcher(std::string database, std::string artifacts, const Known& known)
    : database_(std::move(database)), artifacts_(std::move(artifacts)) {
  acknowledged_ = known.sweeps;
  seen_.trials = known.trials;
  seen_.attempts = known.attempts;
}

Known Watcher::known() const {
  Known known{acknowledged_, seen_.trials, seen_.attempts};
  std::erase_if(known.trials, [](const auto& entry) {
    return entry.second.stage.state != TrialState::kSucceeded;
  });
  std::erase_if(known.attempts, [](const auto& entry) { return entry.second.end.empty(); });
  return known;
}

void Watcher::Look() {
  ++looks_;
  const Snapshot now = TakeSnapshot(database_);
  for (const std::string& name : acknowledged_) {
    if (!now.sweeps.contains(name)) {
      Find(absl::StrCat("sweep ", name, " was acknowledged and is gone"));
    }
  }
  for (const auto& [name, sweep] : now.sweeps) LookAtSweep(name, sweep);
  for (const auto& [id, trial] : now.trials) {
    LookAtTrial(id, trial, now.sweeps.at(id.substr(0, id.find('/'))));
  }
  for (const auto& [id, trial] : seen_.trials) {
    if (!now.trials.contains(id)) Find(absl::StrCat("trial ", id, " is gone"));
  }
  for (const auto& [id, before] : seen_.attempts) {
    const auto attempt = now.attempts.find(id);
    if (attempt == now.attempts.end()) {
      Find(absl::StrCat("attempt ", id, " is gone"));
    } else {
      LookAtAttempt(id, before, attempt->second);
    }
  }
  seen_ = now;
}

void Watcher::LookAtSweep(const std::string& name, const SweepRow& now) {
  if (now.max_parallel == 0 || now.held_trials <= now.max_parallel) return;
  Find(absl::StrCat("sweep ", name, " runs ", now.held_trials, " trials and may run ",
                    now.max_parallel));
}

void Watcher::LookAtTrial(const std::string& id, const TrialRow& now, const SweepRow& sweep) {
  const TrialState state = now.stage.state;
  const auto before = seen_.trials.find(id);
  const bool had_succeeded =
      before != seen_.trials.end() && before->second.stage.state == TrialState::kSucceeded;
  if (had_succeeded && state != TrialState::kSucceeded) {
    Find(absl::StrCat("trial ", id, " had succeeded and is ", Name(now.stage)));
  }
  if (state == TrialState::kFailed && !HasUsedUpItsTries(now)) {
    Find(absl::StrCat("trial ", id, " has failed after ", now.alike_ends, " attempts as ",
                      now.last_end));
  }
  const bool stops_early =
      state == TrialState::kStoppedEarly || now.stage.aim == StopAim::kStopEarly;
  if (stops_early && !sweep.has_stop_rule) {
    Find(absl::StrCat("trial ", id, " is ", Name(now.stage), ", and its sweep has no rule"));
  }
}

void Watcher::LookAtAttempt(const std::string& id, const AttemptRow& before,
                            const AttemptRow& now) {
  if (now.rows < before.rows || now.log_lines < before.log_lines) {
    Find(absl::StrCat("attempt ", id, " had ", before.rows, " rows and ", before.log_lines,
                      " log lines and has ", now.rows, " and ", now.log_lines));
  }
  if (before.end.empty()) return;
  if (now.end != before.end) {
    Find(absl::StrCat("attempt ", id, " had ended as ", before.end, ", now as ", now.end));
  }
  if (now.rows > before.rows || now.log_lines > before.log_lines) {
    Find(absl::StrCat("attempt ", id, " had ended with ", before.rows, " rows and ",
                      before.log_lines, " log lines and has ", now.rows, " and ", now.log_lines));
  }
  if (HasNewCheckpoint(before, now)) {
    Find(absl::StrCat("attempt ", id, " has a checkpoint that came after its end"));
  }
}

void Watcher::CheckWhole() {
  for (std::string& breach : BreachesOfRows(database_)) Find(std::move(breach));
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

void Watcher::Find(std::string finding) {
  const bool is_known = std::find(findings_.begin(), findings_.end(), finding) != findings_.end();
  if (!is_known && findings_.size() < kFindingsKept) findings_.push_back(std::move(finding));
}

}  // namespace adares::torture
