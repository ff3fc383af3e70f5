// Coordinator makes the decisions: which sweep is accepted, who gets which trial, which report
// counts, when a lease is over, what is tried again. It writes them through the Store and keeps in
// memory only what may be lost in a restart: when each lease ends, and who was heard of when.
//
// Not thread-safe: the owner thread of the commit loop is the only caller, inside a transaction.
// Time is an argument. An error of the caller's (INVALID_ARGUMENT, NOT_FOUND, ALREADY_EXISTS,
// FAILED_PRECONDITION), or OVERLOADED, leaves memory as it was; after any other the memory may be
// ahead of the file and the commit loop calls Reload. It also undoes what a failed command wrote.
// Reactions that wait for the commit find what happened in TakeEffects.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/control.h"
#include "core/records.h"
#include "core/registration.h"
#include "core/request_key.h"
#include "core/sweep_spec.h"
#include "core/sync_exchange.h"
#include "server/coordinator/effects.h"
#include "server/coordinator/scheduler.h"
#include "server/coordinator/worker_judge.h"
#include "server/store/store.h"

namespace adares {

struct LeaseOptions {
  Duration sync_interval = std::chrono::seconds(5);
  Duration lease_duration = std::chrono::seconds(30);
  // Added once after a start of the coordinator, so that workers find it again.
  Duration restart_grace = std::chrono::seconds(30);
};

struct ReportInput {
  std::string worker;
  std::string instance;
  AttemptId id;
  int64_t first_sequence = 0;
  std::vector<ReportRecord> records;
  int64_t unread_records = 0;  // more that nobody has read, since the attempt is not held
};

// Answer to a report: what is durable after the commit, or that the attempt does not count.
struct ReportOutput {
  int64_t acknowledged_sequence = 0;
  bool lease_lost = false;
};

// Of the workers that are not lost.
struct FleetCounts {
  int64_t workers = 0;
  int64_t slots = 0;
  int64_t busy_slots = 0;
};

// ALREADY_EXISTS SWEEP_EXISTS where a sweep of the plan's name exists with another digest than its.
absl::Status CheckSameContent(const SweepPlan& plan, const std::string& digest);

class Coordinator {
 public:
  // `store` must outlive the coordinator. Where `has_blob` is empty, no blobs are there. Call
  // Recover before anything else.
  Coordinator(Store* store, LeaseOptions options, HasBlob has_blob = {});

  // Reads workers and live attempts from the store after a start, and gives every lease a full term
  // plus the grace.
  absl::Status Recover(Timestamp now);
  // The same after a failed commit, when memory may be ahead of the file: leases that are known
  // keep their terms.
  absl::Status Reload(Timestamp now);

  // Moves all terms on by `pause`: for that long the coordinator itself heard nobody, because its
  // machine slept or its disk hung, so nobody's silence counts.
  void Postpone(Duration pause);

  // Does `body` unless the request was answered before; what it returns is the answer. Only
  // successes are remembered, for a day. INVALID_ARGUMENT REQUEST_ID_REUSED where the id belongs to
  // another call.
  using RequestBody = std::function<absl::StatusOr<std::string>()>;
  absl::StatusOr<std::string> Once(const RequestKey& key, Timestamp now, const RequestBody& body);

  // Queues the trials of a plan. Returns true if a sweep of this name and digest existed already.
  // ALREADY_EXISTS SWEEP_EXISTS where the name is taken by other content.
  absl::StatusOr<bool> CreateSweep(const SweepPlan& plan, const std::string& spec_text,
                                   Timestamp now);
  // Does `action` to all trials that the filter means and whose state allows it. An empty filter
  // means the sweep as a whole: then final trials are left alone, and retrying means those that
  // failed or were cancelled. NOT_FOUND SWEEP_NOT_FOUND, TRIAL_NOT_FOUND for ids that are none of
  // its trials.
  absl::StatusOr<ControlOutcome> Control(const std::string& sweep, const TrialFilter& filter,
                                         ControlAction action, Timestamp now);

  // Sets a worker aside for `reason`, or takes it back where that is nullopt. NOT_FOUND
  // WORKER_NOT_FOUND.
  absl::Status Cordon(const std::string& worker, const std::optional<std::string>& reason,
                      Timestamp now);

  // Tells a connected worker to give its trials back and to leave. NOT_FOUND WORKER_NOT_FOUND.
  absl::Status Drain(const std::string& worker, Timestamp now);

  // Takes a worker that passes CheckRegistration; of an instance that is known already, notes what
  // its machine has now. INVALID_ARGUMENT for an instance that another one of the same name has
  // replaced; ALREADY_EXISTS WORKER_NAME_TAKEN while a worker of this name is alive whose place it
  // does not take: two workers must not share a name; UNAVAILABLE OVERLOADED where 2,000 are
  // connected.
  absl::Status RegisterWorker(const Registration& registration, Timestamp now);
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
  // ABORTED LEASE_LOST unless the worker holds the attempt: the fence for what is not a report.
  absl::Status CheckHolds(const std::string& worker, const std::string& instance,
                          const AttemptId& id) const;
  // Those of `blobs` that no checkpoint names.
  absl::StatusOr<std::vector<std::string>> UnnamedBlobs(const std::vector<std::string>& blobs);

  // Does what time alone brings: ends leases that are over, marks silent workers as lost, hands out
  // trials whose next attempt is due.
  absl::Status Expire(Timestamp now);
  // When Expire has something to do next.
  Timestamp NextExpiry() const;

  // What the commands since the last call changed.
  Effects TakeEffects();
  // Forgets what the failed command noted.
  void DropEffects();

  const LeaseOptions& options() const { return options_; }
  // The workers that are not lost, with their busy slots and without those that are stuck.
  std::vector<WorkerRecord> LiveWorkers() const;
  FleetCounts CountFleet() const;
  // When a live worker was last heard of; nullopt for others.
  std::optional<Timestamp> LastSeen(const std::string& worker) const;

 private:
  struct Lease {
    std::string worker;
    int64_t sweep_row = 0;
    Timestamp expires_at;
    std::optional<Timestamp> times_out_at = std::nullopt;  // by its sweep's limit
    bool has_progressed = false;  // a step was reported, since this process started
    // Since when the worker, which was given it, does not say that it holds it.
    std::optional<Timestamp> missing_since = std::nullopt;
    // When the worker was last told of a cancel.
    std::optional<Timestamp> cancel_told_at = std::nullopt;
  };
  struct Session {
    WorkerRecord record;
    bool draining = false;
    int stuck_slots = 0;      // as it said last
    int64_t newest_sync = 0;  // the largest sequence of its Syncs
    Timestamp expires_at;     // lost if not heard of before
    Timestamp written_at;     // when last_seen_at was last stored
    std::set<AttemptId> leases;
    // Attempts whose end this instance reported, with their last sequence: a repeated report of one
    // is acknowledged, and the worker is not told to stop it. Forgotten when it no longer holds it,
    // and in a restart: then the file knows them.
    std::map<AttemptId, int64_t> ended;
    // The newest instances that this one replaced, oldest first: they must not come back and take
    // the name away again.
    std::deque<std::string> replaced;
  };

  absl::Status Load(Timestamp expires_at);
  absl::Status LoadQueue();
  // nullptr where the worker is not registered with this instance.
  Session* FindSession(const std::string& worker, const std::string& instance);
  const Session* FindSession(const std::string& worker, const std::string& instance) const;
  // The attempt of a lease.
  absl::StatusOr<LiveAttempt> AttemptOf(const AttemptId& id);
  absl::Status Refresh(Session& session, const WorkerRecord& worker, Timestamp now);
  absl::Status CheckNameIsFree(const Session& session, const Registration& newcomer,
                               Timestamp now) const;
  void Renew(Session& session, Timestamp now);
  absl::Status Leave(const std::string& worker, Timestamp now);
  absl::Status Reconcile(Session& session, const SyncInput& input, Timestamp now,
                         SyncOutput* output);
  absl::StatusOr<std::optional<StopReason>> WhyStop(const HeldAttempt& attempt, Timestamp now);
  absl::StatusOr<std::optional<int64_t>> AcknowledgedOfEnded(const Session& session,
                                                             const AttemptId& id) const;
  absl::Status Resend(const AttemptId& id, Timestamp now, SyncOutput* output);
  absl::Status Assign(Session& session, Timestamp now, SyncOutput* output);
  absl::StatusOr<std::optional<Claim>> ClaimFor(const Session& session, Timestamp now);
  absl::StatusOr<std::optional<TrialGroup>> FirstOf(const std::vector<TrialGroup>& groups,
                                                    const std::string& worker, Timestamp now,
                                                    std::set<TrialGroup>* passed_over);
  absl::Status Touch(Session& session, Timestamp now);
  absl::Status Apply(LiveAttempt& attempt, const ReportRecord& record, Timestamp now);
  // Whether one of these points would reach the sweep's stop rule.
  bool MayReach(const LiveAttempt& attempt, const std::vector<MetricPoint>& points) const;
  absl::Status StopIfReached(const LiveAttempt& attempt, Timestamp now);
  absl::Status RecordCheckpoint(const LiveAttempt& attempt, const Checkpoint& checkpoint,
                                Timestamp now);
  absl::Status PruneCheckpoints(int64_t trial_row, TrialState state);
  absl::Status Finish(const LiveAttempt& attempt, const AttemptEnd& end, Timestamp now);
  absl::Status MoveOn(const LiveAttempt& attempt, const AttemptEnd& end, Timestamp now);
  absl::StatusOr<TrialUpdate> AfterEnd(const LiveAttempt& attempt, const AttemptEnd& end,
                                       Timestamp now);
  bool HasOtherWorkerFor(const TrialGroup& group, const std::string& worker) const;
  bool DoOthersWell(const std::string& worker, int64_t sweep_row) const;
  absl::Status JudgeWorker(const LiveAttempt& attempt, EndReason reason, Timestamp now);
  absl::Status LoseLease(const AttemptId& id, const std::string& why, Timestamp now);
  void AddLease(const LiveAttempt& attempt, Timestamp expires_at);
  void DropLease(const AttemptId& id);
  absl::Status CheckIds(const std::vector<TrialRow>& trials, const TrialFilter& filter) const;
  absl::Status MoveTrial(const SweepHead& sweep, const TrialRow& trial, ControlAction action,
                         Timestamp now, ControlOutcome* outcome);
  void Enqueued(const ReadyGroup& ready);
  absl::Status ReleaseDelayed(Timestamp now);
  void NoteDelay(Timestamp not_before);
  absl::Status ForgetIfOver(int64_t sweep_row);
  void CountWrites(const WriteCounts& counts);
  WorkerState StateOf(const Session& session) const;
  bool HasFreeSlot(const Session& session) const;

  // Constant after construction.
  Store* const store_;
  const LeaseOptions options_;
  const HasBlob has_blob_;

  std::map<std::string, Session> sessions_;  // by worker
  // The instances, by worker, that were lost before they heard that they should drain.
  std::map<std::string, std::string> lost_drains_;
  std::map<AttemptId, Lease> leases_;
  WorkerJudge judge_;
  Scheduler scheduler_;
  std::optional<Timestamp> next_release_;  // when the next delayed trial may be due
  Timestamp next_forgetting_;              // when requests are forgotten next
  Effects effects_;
};

}  // namespace adares
