#include "tests/torture/endings.h"

#include <SQLiteCpp/SQLiteCpp.h>

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace adares::torture {
namespace {

constexpr int kBusyTimeoutMs = 10'000;

constexpr char kEnds[] = R"sql(
SELECT sweep.name, trial.name, attempt.number, attempt.worker, attempt.end_reason,
  attempt.message, attempt.acknowledged_sequence, attempt.ended_at - attempt.started_at,
  sweep.stop_rule <> '{}'
FROM attempt
JOIN trial ON trial.id = attempt.trial_id
JOIN sweep ON sweep.id = trial.sweep_id
WHERE attempt.end_reason NOT NULL AND attempt.end_reason <> 'finished')sql";

struct End {
  std::string sweep;
  std::string trial;  // SWEEP/ID
  std::string id;     // SWEEP/ID#NUMBER
  std::string worker;
  std::string reason;
  std::string message;
  int64_t acknowledged = 0;
  int64_t microseconds = 0;
  bool may_stop_early = false;
};

class Judge {
 public:
  Judge(const Logs& logs, const Causes& causes, int lease_seconds)
      : logs_(logs), causes_(causes), lease_seconds_(lease_seconds) {}

  bool IsExplained(const End& end) const {
    if (end.reason == "error") return WasKilled(end);
    if (end.reason == "preempted") return IsPreemptionExplained(end);
    if (end.reason == "cancelled") return IsCancellationExplained(end);
    if (end.reason == "worker-lost") return IsLossExplained(end);
    return false;
  }

 private:
  static bool Says(const End& end, const std::string& text) {
    return end.message.find(text) != std::string::npos;
  }

  bool WasAsked(const End& end, const std::string& verb) const {
    return causes_.asked.contains(absl::StrCat(verb, " ", end.trial)) ||
           causes_.asked.contains(absl::StrCat(verb, " ", end.sweep));
  }

  bool WasKilled(const End& end) const {
    const auto exited = logs_.exited_trainers.find(end.id);
    if (!Says(end, "killed by signal 9") || exited == logs_.exited_trainers.end()) return false;
    return std::any_of(exited->second.begin(), exited->second.end(),
                       [this](pid_t pid) { return causes_.killed_trainers.contains(pid); });
  }

  bool IsPreemptionExplained(const End& end) const {
    if (Says(end, "paused on request")) return WasAsked(end, "pause");
    return (Says(end, "the worker is shutting down") ||
            Says(end, "the worker left before it began")) &&
           causes_.drained_workers.contains(end.worker);
  }

  bool IsCancellationExplained(const End& end) const {
    if (Says(end, "stopped early")) return end.may_stop_early;
    if (Says(end, "cancelled on request")) return WasAsked(end, "cancel");
    return Says(end, "stopped before it began") &&
           (WasAsked(end, "cancel") || WasAsked(end, "pause"));
  }

  bool IsLossExplained(const End& end) const {
    if (Says(end, "it did not renew its lease")) return true;
    if (Says(end, "the worker was started anew")) {
      const auto starts = logs_.starts.find(end.worker);
      return starts != logs_.starts.end() && starts->second > 1;
    }
    // What was acknowledged to a worker it holds until it has ended.
    return Says(end, "it gave the attempt up") && end.acknowledged == 0 &&
           end.microseconds >= lease_seconds_ * int64_t{1'000'000};
  }

  const Logs& logs_;
  const Causes& causes_;
  const int lease_seconds_;
};

End ReadEnd(SQLite::Statement& row) {
  End end;
  end.sweep = row.getColumn(0).getString();
  end.trial = absl::StrCat(end.sweep, "/", row.getColumn(1).getString());
  end.id = absl::StrCat(end.trial, "#", row.getColumn(2).getInt64());
  end.worker = row.getColumn(3).getString();
  end.reason = row.getColumn(4).getString();
  end.message = row.getColumn(5).getString();
  end.acknowledged = row.getColumn(6).getInt64();
  end.microseconds = row.getColumn(7).getInt64();
  end.may_stop_early = row.getColumn(8).getInt() != 0;
  return end;
}

}  // namespace

std::vector<std::string> UnexplainedEnds(const std::string& path, const Logs& logs,
                                         const Causes& causes, int lease_seconds) {
  SQLite::Database database(path, SQLite::OPEN_READONLY, kBusyTimeoutMs);
  SQLite::Statement row(database, kEnds);
  const Judge judge(logs, causes, lease_seconds);
  std::vector<std::string> unexplained;
  while (row.executeStep()) {
    const End end = ReadEnd(row);
    if (judge.IsExplained(end)) continue;
    unexplained.push_back(absl::StrCat("attempt ", end.id, " on ", end.worker, " ended as ",
                                       end.reason, ", and nobody did that: ", end.message));
  }
  return unexplained;
}

}  // namespace adares::torture
