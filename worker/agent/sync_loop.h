// Registration and the endless exchange of Sync: when to call the coordinator, and what to do when
// it does not answer.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "worker/agent/backoff.h"
#include "worker/agent/coordinator_link.h"
#include "worker/agent/event_loop.h"

namespace adares::worker {

// Lives on the owner thread. Never has two Syncs under way.
class SyncLoop {
 public:
  static constexpr Duration kYoungestEndedEarly = std::chrono::milliseconds(100);
  static constexpr Duration kOldestEndedLater = std::chrono::milliseconds(800);

  struct Handlers {
    // Asked right before each Sync; `max_wait` is set by the loop unless it drains.
    std::function<SyncState()> state;
    std::function<void()> registered;
    std::function<void(const SyncOrders&)> answered;
    // The coordinator will never take this worker. Last call.
    std::function<void(const absl::Status&)> rejected;
  };

  SyncLoop(CoordinatorLink& link, EventLoop& loop, Handlers handlers);

  // Registers, and goes on until it is destroyed.
  void Start();

  // The state has changed in a way that the coordinator should know soon: ends a held call early,
  // but none that is younger than kYoungestEndedEarly, for its answer may be on its way. Each one
  // that is ended so without an answer since lets the next be twice as old, up to
  // kOldestEndedLater.
  void SyncSoon();

  // What the worker registered with has changed: registers again before the next Sync, soon. Where
  // that fails Syncs go on, and it is tried again between them.
  void RegisterSoon();

  // For how long the coordinator has answered, with no more than short silences; zero while it does
  // not.
  Duration InContactFor() const;

 private:
  void Register();
  void Registered(const absl::StatusOr<WorkerTerms>& terms);
  void RegisterLater(const absl::Status& why);
  void Sync();
  void Synced(const absl::StatusOr<SyncOrders>& orders);
  void EndEarly();
  void NoteContact();
  bool IsInContact() const;
  void ScheduleSync(Duration delay);
  void ScheduleRegister();
  void NoteReachable(const absl::Status& status);
  void NoteSilence();

  CoordinatorLink& link_;
  EventLoop& loop_;
  const Handlers handlers_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for callbacks under way
  WorkerTerms terms_;
  Backoff sync_backoff_;
  Backoff register_backoff_;
  std::unique_ptr<EventLoop::Timer> timer_;         // until the next call
  std::unique_ptr<EventLoop::Timer> early_timer_;   // until the one in flight may be ended early
  Duration ended_early_at_ = kYoungestEndedEarly;   // the age for that
  int64_t sequence_ = 0;                            // of the last Sync
  bool in_flight_ = false;                          // it is
  bool is_registered_ = false;                      // as far as it knows
  bool must_register_ = false;                      // before the next Sync
  EventLoop::Instant register_after_;               // but not earlier
  bool ended_early_ = false;                        // the one in flight was
  bool holds_attempts_ = false;                     // the last one said so
  EventLoop::Instant sent_at_;                      // of the last Sync
  std::optional<EventLoop::Instant> last_contact_;  // when the coordinator last took what was said
  EventLoop::Instant contact_since_;                // when that began, without a silence since
  std::optional<bool> reachable_;                   // as last logged
  bool name_taken_logged_ = false;
  bool is_later_logged_ = false;
  bool silence_logged_ = false;  // once for each time without contact
};

}  // namespace adares::worker
