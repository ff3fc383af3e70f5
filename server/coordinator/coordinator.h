// Coordinator makes the decisions: which sweep is accepted, who gets which trial, which report
// counts, when a lease is over. It writes them through the Store and keeps in memory only what may
// be lost in a restart: when each lease ends, and who was heard of when.
//
// Not thread-safe: the owner thread of the commit loop is the only caller, inside a transaction.
// Time is an argument. An error of the caller's (INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS,
// FAILED_PRECONDITION) leaves memory as it was; after any other the memory may be ahead of the file
// and the commit loop calls Reload. It also undoes what a failed command wrote. Reactions that
// wait for the commit find what happened in TakeEffects.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/records.h"
#include "core/sweep_spec.h"
#include "server/coordinator/effects.h"
#include "server/store/store.h"

namespace adares {

struct LeaseOptions {
  Duration sync_interval = std::chrono::seconds(5);
  Duration lease_duration = std::chrono::seconds(30);
  // Added once after a start of the coordinator, so that workers find it again.
  Duration restart_grace = std::chrono::seconds(30);
};

enum class HeldPhase { kRunning, kStopping, kReporting };

struct HeldAttempt {
  AttemptId id;
  HeldPhase phase = HeldPhase::kRunning;
};

struct SyncInput {
  std::string worker;
  std::string instance;
  std::vector<HeldAttempt> held;
  bool draining = false;
  bool leaving = false;  // its last one: it holds nothing
};

struct StopOrder {
  AttemptId id;
  bool lease_lost = false;  // else: cancelled on request
};

struct Assignment {
  AttemptId id;
  std::string spec_json;
};

struct SyncOutput {
  std::vector<Assignment> start;
  std::vector<StopOrder> stop;
  bool empty() const { return start.empty() && stop.empty(); }
};

struct ReportInput {
  std::string worker;
  std::string instance;
  AttemptId id;
  int64_t first_sequence = 0;
  std::vector<ReportRecord> records;
};

// Answer to a report: what is durable after the commit, or that the attempt does not count.
struct ReportOutput {
  int64_t acknowledged_sequence = 0;
  bool lease_lost = false;
};

// ALREADY_EXISTS SWEEP_EXISTS where a sweep of the plan's name exists with another digest than its.
absl::Status CheckSameContent(const SweepPlan& plan, const std::string& digest);

class Coordinator {
 public:
  // `store` must outlive the coordinator. Call Recover before anything else.
  Coordinator(Store* store, LeaseOptions options);

  // Reads workers and live attempts from the store after a start, and gives every lease a full term
  // plus the grace.
  absl::Status Recover(Timestamp now);
  // The same after a failed commit, when memory may be ahead of the file: leases that are known
  // keep their terms.
  absl::Status Reload(Timestamp now);

  // Moves all terms on by `pause`: for that long the coordinator itself heard nobody, because its
  // machine slept or its disk hung, so nobody's silence counts.
  void Postpone(Duration pause);

  // Queues the trials of a plan. Returns true if a sweep of this name and digest existed already.
  // ALREADY_EXISTS SWEEP_EXISTS where the name is taken by other content.
  absl::StatusOr<bool> CreateSweep(const SweepPlan& plan, const std::string& spec_text,
                                   Timestamp now);
  // NOT_FOUND SWEEP_NOT_FOUND.
  absl::Status CancelSweep(const std::string& sweep, Timestamp now);

  // INVALID_ARGUMENT for a malformed name, slots out of 1..1024, or an instance that another one of
  // the same name has replaced; ALREADY_EXISTS WORKER_NAME_TAKEN while a worker of this name on
  // another machine is alive: two workers must not share a name.
  absl::Status RegisterWorker(const WorkerRecord& worker, Timestamp now);
  // NOT_FOUND WORKER_UNKNOWN, unless the worker leaves.
  absl::StatusOr<SyncOutput> Sync(const SyncInput& input, Timestamp now);
  absl::StatusOr<ReportOutput> Report(const ReportInput& input, Timestamp now);
  // Ends an attempt, if `input.worker` holds it, whose report cannot be read: it would come the
  // same way again and again. Of `input` the records are not looked at.
  absl::Status Reject(const ReportInput& input, const absl::Status& why, Timestamp now);

  // Deletes rows that retention found; returns how many (Store::Prune).
  absl::StatusOr<int64_t> Prune(const PrunePiece& piece, Timestamp before) {
    return store_->Prune(piece, before);
  }

  // Ends leases that are over and marks silent workers as lost.
  absl::Status Expire(Timestamp now);
  // When Expire has something to do next; nullopt if never.
  std::optional<Timestamp> NextExpiry() const;

  // What the commands since the last call changed.
  Effects TakeEffects();
  // Forgets what the failed command noted.
  void DropEffects();

  const LeaseOptions& options() const { return options_; }
  // The workers that are not lost, with their busy slots.
  std::vector<WorkerRecord> LiveWorkers() const;

 private:
  struct Lease {
    std::string worker;
    Timestamp expires_at;
    int resends = 0;  // times that the assignment was given again
  };
  struct Session {
    WorkerRecord record;
    bool draining = false;
    Timestamp expires_at;  // lost if not heard of before
    Timestamp written_at;  // when last_seen_at was last stored
    std::set<AttemptId> leases;
    // Attempts whose end this instance reported, with their last sequence: a repeated report of one
    // is acknowledged, and the worker is not told to stop it. Forgotten when it no longer holds it.
    std::map<AttemptId, int64_t> ended;
    // Instances that this one replaced: they must not come back and take the name away again.
    std::set<std::string> replaced;
  };

  absl::Status Load(Timestamp expires_at);
  // nullptr where the worker is not registered with this instance.
  Session* FindSession(const std::string& worker, const std::string& instance);
  // The attempt of a lease.
  absl::StatusOr<LiveAttempt> AttemptOf(const AttemptId& id);
  absl::Status CheckNameIsFree(const Session& session, const WorkerRecord& newcomer,
                               Timestamp now) const;
  void Renew(Session& session, Timestamp now);
  absl::Status Leave(const std::string& worker, Timestamp now);
  absl::Status Reconcile(Session& session, const SyncInput& input, Timestamp now,
                         SyncOutput* output);
  absl::Status Resend(const AttemptId& id, Timestamp now, SyncOutput* output);
  absl::Status Assign(Session& session, Timestamp now, SyncOutput* output);
  absl::Status Touch(Session& session, Timestamp now);
  absl::Status Apply(const LiveAttempt& attempt, const ReportRecord& record);
  absl::Status Finish(const LiveAttempt& attempt, const AttemptEnd& end, Timestamp now);
  absl::Status LoseLease(const AttemptId& id, const std::string& why, Timestamp now);
  void DropLease(const AttemptId& id);
  void CountWrites(const WriteCounts& counts);
  WorkerState StateOf(const Session& session) const;

  // Constant after construction.
  Store* const store_;
  const LeaseOptions options_;

  std::map<std::string, Session> sessions_;  // by worker
  std::map<AttemptId, Lease> leases_;
  bool queue_empty_ = false;  // no trial is queued, for certain
  Effects effects_;
};

}  // namespace adares
