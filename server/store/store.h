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
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/control.h"
#include "core/records.h"
#include "core/sweep_spec.h"
#include "server/store/store_values.h"
#include "server/store/trial_group.h"

namespace adares {

struct PrunePiece;

class Store {
 public:
  // Opens or creates the file (WAL, synchronous=FULL, foreign keys), and applies the migrations.
  // FAILED_PRECONDITION SCHEMA_MISMATCH if the file's schema is newer than this program's, or a
  // migration that was applied has another checksum now; the file is left untouched then.
  static absl::StatusOr<std::unique_ptr<Store>> Open(const std::string& path, Timestamp now,
                                                     const StoreOptions& options = {});
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

  // Grows by one with each Begin; every trial that a transaction touches carries its revision. Each
  // Open goes on from the clock's microseconds where they are later.
  int64_t revision() const;

  // The sweep of that name, or nullopt.
  absl::StatusOr<std::optional<SweepHead>> FindSweep(const std::string& sweep);
  // The sweep of that name; NOT_FOUND SWEEP_NOT_FOUND.
  absl::StatusOr<SweepHead> GetSweep(const std::string& sweep);
  // Its axes in the file's order.
  absl::StatusOr<std::vector<Axis>> AxesOfSweep(int64_t sweep_row);
  absl::StatusOr<std::vector<int64_t>> SeedsOfSweep(int64_t sweep_row);
  // The sweeps with trials that are not final.
  absl::StatusOr<std::vector<SweepHead>> OpenSweeps();
  // Returns the groups of its trials, all of which wait. ALREADY_EXISTS SWEEP_EXISTS.
  absl::StatusOr<std::vector<ReadyGroup>> InsertSweep(const SweepPlan& plan,
                                                      const std::string& spec_text, Timestamp now);
  // Whether some of its trials are not final.
  absl::StatusOr<bool> IsSweepOpen(int64_t sweep_row);
  // Marks a sweep as cancelled on request, or takes the request back. Does nothing to one that is
  // final, or that is marked so already.
  absl::Status MarkSweepCancelled(int64_t sweep_row, Timestamp now);
  absl::Status UnmarkSweepCancelled(int64_t sweep_row);

  // The trials of a sweep that the filter means, by position.
  absl::StatusOr<std::vector<TrialRow>> SelectTrials(int64_t sweep_row, const TrialFilter& filter);
  absl::StatusOr<TrialRow> GetTrial(int64_t trial_row);
  // Moves a trial to its next stage; final ones set finished_at. Keeps the sweep's counts and state
  // with it.
  absl::Status UpdateTrial(int64_t trial_row, const TrialUpdate& update, Timestamp now);
  // The ends of the attempts of a trial since it was last forgiven, oldest first.
  absl::StatusOr<std::vector<AttemptEnding>> CountedEndings(int64_t trial_row);

  // The groups with trials to hand out.
  absl::StatusOr<std::vector<ReadyGroup>> ReadyGroups();
  absl::StatusOr<bool> HasReady(const TrialGroup& group);
  // Makes delayed trials ready whose time has come, at most `limit`; returns their groups.
  absl::StatusOr<std::vector<ReadyGroup>> ReleaseDelayed(Timestamp now, int limit);
  // When the next delayed trial is ready.
  absl::StatusOr<std::optional<Timestamp>> NextDelayed();
  absl::StatusOr<Requirement> RequirementOf(int64_t requirement_row);

  // The position in its sweep of the trial that ClaimNext would take.
  absl::StatusOr<std::optional<int64_t>> FirstPosition(const TrialGroup& group,
                                                       const std::string& worker, Timestamp now);
  // Takes the group's waiting trial of the lowest position that does not avoid the worker, makes it
  // running and starts its next attempt; nullopt if there is none. Results of its earlier attempts
  // beyond the checkpoint that the claim names are superseded: kept, but no longer in the views.
  absl::StatusOr<std::optional<Claim>> ClaimNext(const TrialGroup& group, const std::string& worker,
                                                 const std::string& instance, Timestamp now);

  // The attempt if it is its trial's current one and has not ended, else nullopt.
  absl::StatusOr<std::optional<LiveAttempt>> FindLiveAttempt(const AttemptId& id);
  // Up to which record an attempt of that worker's instance was acknowledged, where it ended and
  // was not taken from it; else nullopt.
  absl::StatusOr<std::optional<int64_t>> AcknowledgedOfEnded(const AttemptId& id,
                                                             const std::string& worker,
                                                             const std::string& instance);
  // All attempts that have not ended.
  absl::StatusOr<std::vector<LiveAttempt>> LiveAttempts();
  // Its configuration, to hand it out again.
  absl::StatusOr<std::string> SpecJson(int64_t trial_row);

  // What a live attempt reports. Points, weights, flags and log lines repeated with the same value
  // are ignored, and kept out with another; but for log lines also where an attempt that it went on
  // from had reported them. Its start supersedes what earlier attempts reported beyond the step
  // that it says it goes on from.
  absl::Status SetAttemptStart(const LiveAttempt& attempt, const AttemptStart& start);
  absl::StatusOr<WriteCounts> AppendPoints(const LiveAttempt& attempt,
                                           const std::vector<MetricPoint>& points);
  // The first point of a trial, by its step, that has reached the rule and still counts.
  absl::StatusOr<std::optional<MetricPoint>> FindReached(int64_t trial_row, const StopRule& rule);
  absl::StatusOr<WriteCounts> AppendSkipWeights(const LiveAttempt& attempt,
                                                const std::vector<SkipWeightPoint>& weights);
  absl::StatusOr<WriteCounts> AppendFlag(const LiveAttempt& attempt, const Flag& flag);
  absl::StatusOr<WriteCounts> AppendLog(const LiveAttempt& attempt,
                                        const std::vector<LogLine>& lines);
  absl::Status SetProgress(const LiveAttempt& attempt, const Progress& progress);
  absl::Status SetAcknowledgedSequence(const LiveAttempt& attempt, int64_t sequence);
  // A checkpoint of the attempt, whose blobs are there. One of the same step is there already: does
  // nothing.
  absl::Status AddCheckpoint(const LiveAttempt& attempt, const Checkpoint& checkpoint,
                             Timestamp now);
  // Without it all blobs are there.
  void SetHasBlob(HasBlob has_blob);
  // The newest checkpoint whose blobs are there that the trial's next attempt can go on from: those
  // of rows that were superseded are none.
  absl::StatusOr<std::optional<Checkpoint>> NewestCheckpoint(int64_t trial_row);
  // Drops the trial's checkpoints that are not kept; returns the blobs that they named, which
  // others may name as well.
  absl::StatusOr<std::vector<std::string>> PruneCheckpoints(int64_t trial_row,
                                                            const CheckpointPolicy& policy);
  // The trial's next attempt begins from scratch, whatever checkpoints there are.
  absl::Status BeginFromScratch(int64_t trial_row);
  // Whether a checkpoint names the blob.
  absl::StatusOr<bool> IsBlobNamed(const std::string& sha256);
  // Ends the attempt; the trial's state is set by the caller.
  absl::Status EndAttempt(const LiveAttempt& attempt, const AttemptEnd& end, Timestamp now);

  // Deletes those of the piece's rows that still may go: of attempts that ended before `before`.
  // Returns how many. Results are never among them (server/store/retention.h).
  absl::StatusOr<int64_t> Prune(const PrunePiece& piece, Timestamp before);

  // Inserts or replaces the worker of that name. Returns it as it is then: whether it was set aside
  // stays as it was.
  absl::StatusOr<WorkerRecord> UpsertWorker(const WorkerRecord& worker);
  // Updates what changes while it lives: state and last_seen_at.
  absl::Status TouchWorker(const std::string& worker, WorkerState state, Timestamp now);
  absl::StatusOr<std::vector<WorkerRecord>> Workers();
  // Of those that are lost or have left, and are not set aside, only the `kept` seen last stay:
  // deletes at most `limit` of the others, and returns how many.
  absl::StatusOr<int64_t> ForgetWorkers(int kept, int limit);
  // Sets a worker aside, or takes it back where `why` is nullopt. NOT_FOUND WORKER_NOT_FOUND.
  absl::Status SetCordon(const std::string& worker, const std::optional<std::string>& why,
                         Timestamp now);

  // Answers to requests, by the id that the caller gave.
  absl::StatusOr<std::optional<RequestRecord>> FindRequest(const std::string& id);
  absl::Status RecordRequest(const std::string& id, const RequestRecord& record, Timestamp now);
  // Forgets those from before `before`, at most `limit`; returns how many.
  absl::StatusOr<int64_t> ForgetRequests(Timestamp before, int limit);

 private:
  struct Impl;
  explicit Store(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace adares
