// CommitLoop owns the coordinator: one thread that takes all commands that wait, applies them
// inside one transaction, each under a savepoint, commits, and only then answers them. An answer
// therefore always means durable, and load makes batches larger instead of slower.
//
// Post, Call and Stop are thread-safe. Answers and the listener run on the owner thread: they must
// not block.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "core/status.h"
#include "server/coordinator/coordinator.h"

namespace adares {

struct CommitLoopOptions {
  LeaseOptions lease;
  HasBlob has_blob;
  // The wall clock; tests bring their own.
  std::function<Timestamp()> clock = SystemNow;
  // How often leases are checked and Tick listeners run when nothing else happens.
  std::chrono::milliseconds tick = std::chrono::milliseconds(200);
  // Commands, and looks, that wait; further ones are answered with OVERLOADED.
  size_t max_waiting = 20'000;
  // ... and the memory of those that say what they take. As much again may be under way.
  size_t max_waiting_bytes = 256 << 20;
};

// UNAVAILABLE OVERLOADED: so much waits already that a caller had better come again.
absl::Status OverloadedError();

// UNAVAILABLE DRAINING: what everything is answered with that a server which stops does not take.
absl::Status DrainingError();

class CommitLoop {
 public:
  // Runs inside the transaction. An error undoes what this command wrote, and nothing else.
  using Command = std::function<absl::Status(Coordinator&, Timestamp now)>;
  // Gets the command's error, or the outcome of the commit.
  using Answer = std::function<void(const absl::Status&)>;

  // What others learn of it, on the owner thread.
  struct Listener {
    // After a commit that changed something. `live` are the coordinator's live workers.
    std::function<void(const Effects&)> committed;
    // After every batch and at least once a tick.
    std::function<void(const Coordinator&, Timestamp now)> ticked;
    // Seconds that a transaction took from its beginning to the end of its commit.
    std::function<void(double seconds, const absl::Status& committed)> measured;
    // Something went wrong that no caller is told of, or that is not its caller's fault.
    std::function<void(const absl::Status&)> failed;
  };

  // Recovers the coordinator from the store; its errors are those of the store.
  static absl::StatusOr<std::unique_ptr<CommitLoop>> Start(std::unique_ptr<Store> store,
                                                           CommitLoopOptions options,
                                                           Listener listener);
  // Stops.
  ~CommitLoop();
  CommitLoop(const CommitLoop&) = delete;
  CommitLoop& operator=(const CommitLoop&) = delete;

  // `bytes` is what the command holds of memory, where that is much.
  void Post(Command command, Answer answer, size_t bytes = 0);

  // The same for a command with a result.
  template <typename T>
  void Call(std::function<absl::StatusOr<T>(Coordinator&, Timestamp)> command,
            std::function<void(absl::StatusOr<T>)> answer, size_t bytes = 0) {
    auto result = std::make_shared<std::optional<T>>();
    Post(
        [command = std::move(command), result](Coordinator& coordinator, Timestamp now) {
          ADARES_ASSIGN_OR_RETURN(*result, command(coordinator, now));
          return absl::OkStatus();
        },
        [answer = std::move(answer), result](const absl::Status& status) {
          if (status.ok()) {
            answer(*std::move(*result));
          } else {
            answer(status);
          }
        },
        bytes);
  }

  // Runs `look` on the owner thread, between two transactions: for what the coordinator remembers,
  // which must be known also while the disk takes nothing. Not run, and an error, after Stop
  // (UNAVAILABLE DRAINING) and where too many wait (UNAVAILABLE OVERLOADED).
  using Look = std::function<void(const Coordinator&)>;
  absl::Status PostLook(Look look);

  // Finishes what was posted, then ends the thread and closes the store. Commands posted later are
  // answered with UNAVAILABLE DRAINING. Idempotent.
  void Stop();

  // When the owner thread last finished a batch or a tick, and whether its last transaction that
  // wrote something was committed: what /readyz looks at. After one that was not, ticks try to
  // write.
  std::chrono::steady_clock::time_point last_tick() const;
  bool last_commit_succeeded() const { return last_commit_succeeded_; }

 private:
  struct Entry {
    Command command;
    Answer answer;
    absl::Status status;
  };

  CommitLoop(std::unique_ptr<Store> store, CommitLoopOptions options, Listener listener);
  void Run();
  // Takes commands off the front of `batch`, as many as fit into one transaction.
  void RunBatch(std::deque<Entry>& batch);
  absl::Status RunTransaction(std::vector<Entry>& done, std::deque<Entry>& batch, Timestamp now,
                              Effects* effects);
  absl::Status RunCommand(const Command& command, Timestamp now, Effects* effects);
  // Commands can be applied now: for as long as they could not, nobody's silence counts.
  void NoteHearing(Timestamp now);
  void Reload(Timestamp now);
  void Tell(const absl::Status& failure);

  // Constant after construction.
  const std::unique_ptr<Store> store_;
  const CommitLoopOptions options_;
  const Listener listener_;

  Coordinator coordinator_;  // owner thread only
  // Owner thread only: when commands could last be applied, had there been any.
  Timestamp last_hearing_;
  bool must_reload_ = false;  // owner thread only: the coordinator may be ahead of the file

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Entry> waiting_;  // guarded by mutex_
  size_t waiting_bytes_ = 0;   // guarded by mutex_
  std::vector<Look> looks_;    // guarded by mutex_
  bool stopping_ = false;      // guarded by mutex_
  std::atomic<std::chrono::steady_clock::rep> last_tick_;
  std::atomic<bool> last_commit_succeeded_ = true;
  std::jthread thread_;
};

}  // namespace adares
