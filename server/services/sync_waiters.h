// SyncWaiters holds the Sync calls of workers open until there is something to say to them.
//
// Thread-safe. Committed and Ticked are called by the commit loop's owner thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
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
  // empty or `max_wait` has passed. A later call of the same worker ends an earlier one.
  void Sync(int64_t ticket, SyncInput input, Duration max_wait, Respond respond);

  // A number for a call, by which Cancel finds it.
  int64_t NewTicket();

  // Ends a call that its client gave up. One that is being evaluated takes nothing any longer,
  // unless its turn has come already.
  void Cancel(int64_t ticket);

  void Committed(const Effects& effects);
  void Ticked(Timestamp now);

  // Ends all calls with UNAVAILABLE DRAINING, and later ones at once.
  void Stop();

 private:
  struct Call {
    int64_t ticket = 0;
    SyncInput input;
    Duration max_wait;
    Timestamp deadline;  // set when it is first evaluated
    Respond respond;
  };

  // A call that is with the commit loop, or on its way there. It is noted before anybody can think
  // that it does not exist any longer.
  struct Evaluated {
    std::string worker;
    bool given_up = false;
  };

  void Evaluate(Call call);
  void EndEarlierCalls(const std::string& worker);
  bool IsGivenUp(int64_t ticket);
  // Whether it was given up meanwhile.
  bool Forget(int64_t ticket);
  void Park(Call call);
  bool IsStopping();
  template <typename Predicate>
  std::vector<Call> Take(Predicate wanted, bool to_evaluate = false);

  CommitLoop* loop_ = nullptr;  // constant after SetLoop

  std::mutex mutex_;
  int64_t next_ticket_ = 1;                 // guarded by mutex_
  bool stopping_ = false;                   // guarded by mutex_
  std::map<std::string, Call> parked_;      // by worker; guarded by mutex_
  std::map<int64_t, Evaluated> evaluated_;  // by ticket; guarded by mutex_
};

}  // namespace adares
