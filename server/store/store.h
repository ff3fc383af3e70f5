// Store writes what the coordinator decides into the one SQLite file. It keeps rows; it decides
// nothing: states come from core/trial_state.h through the coordinator, and the schema's CHECKs
// refuse what the table of transitions does not know.
//
// Not thread-safe: the coordinator's owner thread is the only caller. Every change happens inside a
// transaction that the commit loop opened with Begin; nothing is durable before Commit returned OK.
// Errors: UNAVAILABLE DATABASE_BUSY, DATA_LOSS DATABASE_CORRUPT, RESOURCE_EXHAUSTED DATABASE_FULL,
// INTERNAL for anything else of SQLite's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/records.h"
#include "core/sweep_spec.h"

namespace adares {

struct PrunePiece;

// An attempt whose lease is alive: what a worker's write is fenced by.
struct LiveAttempt {
  int64_t trial_row = 0;
  int64_t attempt_row = 0;
  AttemptId id;
  std::string worker;
  std::string instance;
  TrialState trial_state = TrialState::kRunning;  // kRunning or kStopping
  int64_t acknowledged_sequence = 0;
  Timestamp started_at;
};

// A trial handed to a worker.
struct Claim {
  LiveAttempt attempt;
  std::string spec_json;
  Timestamp queued_at;  // when the trial began to wait
};

// What became of a batch of points.
struct WriteCounts {
  int64_t written = 0;
  int64_t repeated = 0;     // known already with the same value
  int64_t conflicting = 0;  // known already with another value: kept out
};

// A trial as a decision needs it.
struct TrialRow {
  int64_t row = 0;
  TrialState state = TrialState::kQueued;
  int lost_attempts = 0;  // attempts that ended as worker-lost
};

class Store {
 public:
  // Opens or creates the file (WAL, synchronous=FULL, foreign keys), and applies the migrations.
  // FAILED_PRECONDITION SCHEMA_MISMATCH if the file's schema is newer than this program's, or a
  // migration that was applied has another checksum now; the file is left untouched then.
  static absl::StatusOr<std::unique_ptr<Store>> Open(const std::string& path, Timestamp now);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  // The transaction around a batch, and the savepoint around each command in it.
  absl::Status Begin();
  absl::Status Commit();
  void Rollback();
  absl::Status BeginSavepoint();
  absl::Status ReleaseSavepoint();
  void RollbackSavepoint();
  // False also where SQLite rolled the transaction back by itself, as it may after disk errors.
  bool InTransaction() const;
  // Whether this transaction has changed a row.
  bool HasWritten() const;
  // Writes something that changes nothing: shows whether the disk takes it.
  absl::Status TryToWrite();

  // Grows by one with each Begin; every trial that a transaction touches carries its revision.
  int64_t revision() const;

  // The digest of the sweep of that name, or nullopt.
  absl::StatusOr<std::optional<std::string>> FindSweepDigest(const std::string& sweep);
  absl::Status InsertSweep(const SweepPlan& plan, const std::string& spec_text, Timestamp now);
  // Marks a sweep as cancelled on request. NOT_FOUND SWEEP_NOT_FOUND.
  absl::Status MarkSweepCancelled(const std::string& sweep, Timestamp now);
  // The trials of a sweep that are not final.
  absl::StatusOr<std::vector<TrialRow>> OpenTrials(const std::string& sweep);

  // Sets a trial's state. `message` says why where the state is failed; final states set
  // finished_at. Keeps the sweep's counts and state with it.
  absl::Status SetTrialState(int64_t trial_row, TrialState state, const std::string& message,
                             Timestamp now);
  absl::StatusOr<TrialRow> GetTrial(int64_t trial_row);

  // Takes the queued trial of the highest priority, oldest sweep and lowest position, makes it
  // running and starts its next attempt; nullopt if none is queued. Results of its earlier attempts
  // are superseded: kept, but no longer in the views.
  absl::StatusOr<std::optional<Claim>> ClaimNext(const std::string& worker,
                                                 const std::string& instance, Timestamp now);

  // The attempt if it is its trial's current one and has not ended, else nullopt.
  absl::StatusOr<std::optional<LiveAttempt>> FindLiveAttempt(const AttemptId& id);
  // All attempts that have not ended.
  absl::StatusOr<std::vector<LiveAttempt>> LiveAttempts();
  // Its configuration, to hand it out again.
  absl::StatusOr<std::string> SpecJson(int64_t trial_row);

  // What a live attempt reports. Points, weights and flags repeated with the same value are
  // ignored.
  absl::Status SetAttemptStart(const LiveAttempt& attempt, const AttemptStart& start);
  absl::StatusOr<WriteCounts> AppendPoints(const LiveAttempt& attempt,
                                           const std::vector<MetricPoint>& points);
  absl::StatusOr<WriteCounts> AppendSkipWeights(const LiveAttempt& attempt,
                                                const std::vector<SkipWeightPoint>& weights);
  absl::StatusOr<WriteCounts> AppendFlag(const LiveAttempt& attempt, const Flag& flag);
  absl::Status AppendLog(const LiveAttempt& attempt, const std::vector<LogLine>& lines);
  absl::Status SetProgress(const LiveAttempt& attempt, const Progress& progress);
  absl::Status SetAcknowledgedSequence(const LiveAttempt& attempt, int64_t sequence);
  // Ends the attempt; the trial's state is set by the caller.
  absl::Status EndAttempt(const LiveAttempt& attempt, const AttemptEnd& end, Timestamp now);

  // Deletes those of the piece's rows that still may go: of attempts that ended before `before`.
  // Returns how many. Results are never among them (server/store/retention.h).
  absl::StatusOr<int64_t> Prune(const PrunePiece& piece, Timestamp before);

  // Inserts or replaces the worker of that name.
  absl::Status UpsertWorker(const WorkerRecord& worker);
  // Updates what changes while it lives: state and last_seen_at.
  absl::Status TouchWorker(const std::string& worker, WorkerState state, Timestamp now);
  absl::StatusOr<std::vector<WorkerRecord>> Workers();

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace adares
