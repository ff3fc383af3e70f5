// SyncWaiters holds the Sync calls of workers open until there is something to say to them.
//
// Thread-safe. Committed and Ticked are called by the commit loop's owner thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/coordinator/commit_loop.h"

namespace adares {

class SyncWaiters {
 public:
  // Called exactly once for each call, on any thread.
  using Respond = std::function<void(absl::StatusOr<SyncOutput>)>;

  // The loop is given before the first call: it is started with listeners that call this object.
  void SetLoop(CommitLoop* loop) { loop_ = loop; }

  // Evaluates the call now, and again whenever that may change its answer, until the answer is not
  // empty or `max_wait` has passed. What earlier calls of the same worker stated is not true any
  // longer: one that waits is answered empty, one that is with the commit loop is given up.
  void Sync(int64_t ticket, SyncInput input, Duration max_wait, Respond respond);

  // A number for a call, by which Cancel finds it.
  int64_t NewTicket();

  // Ends a call that its client gave up. One that is with the commit loop takes nothing any longer,
  // unless its turn has come already.
  void Cancel(int64_t ticket);

  void Committed(const Effects& effects);
  void Ticked(Timestamp now);

  // Ends all calls with UNAVAILABLE DRAINING, and later ones at once.
  void Stop();

 private:
  struct Call {
    // Constant.
    int64_t ticket = 0;
    SyncInput input;
    Duration max_wait;
    Respond respond;
    // Owner thread only.
    Timestamp deadline;  // set when it is first evaluated
    // Guarded by mutex_.
    bool waits = false;       // else it is with the commit loop, or on its way there
    bool takes_more = false;  // while it waits: whether the worker would get a trial that comes
    bool given_up = false;    // while it is with the commit loop
  };
  using CallPointer = std::shared_ptr<Call>;

  void Evaluate(const CallPointer& call);
  // The commit loop is done with the call: answers it, or lets it wait.
  void Settle(const CallPointer& call, absl::StatusOr<SyncOutput> output);
  bool IsGivenUp(const Call& call);
  // Takes the waiting calls that are wanted off the table. With mutex_ held.
  template <typename Predicate>
  std::vector<CallPointer> Remove(Predicate wanted);

  CommitLoop* loop_ = nullptr;  // constant after SetLoop

  std::mutex mutex_;
  int64_t next_ticket_ = 1;               // guarded by mutex_
  bool stopping_ = false;                 // guarded by mutex_
  std::map<int64_t, CallPointer> calls_;  // by ticket, until they are answered; guarded by mutex_
};

}  // namespace adares
