// TaskStream is a server stream whose messages come from a task on the maintenance thread: the
// shape of BackupDatabase, CheckDatabase and PruneDatabase. The task writes one message after the
// other and waits until the client has taken the last, so that a stream costs one message of
// memory. A client that takes nothing for too long, or so slowly that others would wait for the
// thread for ever, is given up.
//
// gRPC owns the reactor's life through OnDone; the task keeps it alive through its own reference.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <utility>

#include "absl/status/status.h"
#include "core/status.h"
#include "rpc/grpc_status.h"
#include "server/coordinator/commit_loop.h"
#include "server/maintenance/maintenance_thread.h"

namespace adares {

template <typename Response>
class TaskStream final : public grpc::ServerWriteReactor<Response> {
 public:
  // A client that is slower holds the thread for no good.
  static constexpr int64_t kSlowestBytesPerSecond = 64 << 10;

  // Runs on the maintenance thread; what it returns is the end of the stream.
  using Body = std::function<absl::Status(TaskStream&)>;

  // Tells how long the client has been waited for.
  using Clock = std::function<std::chrono::steady_clock::time_point()>;

  // Begins when the thread is free. `patience` is how long a message may wait for the client.
  static grpc::ServerWriteReactor<Response>* Begin(MaintenanceThread* thread,
                                                   std::chrono::milliseconds patience, Body body,
                                                   Clock clock = std::chrono::steady_clock::now) {
    const std::shared_ptr<TaskStream> stream(
        new TaskStream(thread->stop_token(), patience, std::move(clock)));
    stream->self_ = stream;
    stream->on_stop_.emplace(thread->stop_token(),
                             [raw = stream.get()] { raw->EndBecauseOfStop(); });
    const absl::Status posted =
        thread->Post([stream, body = std::move(body)](const std::stop_token&) {
          stream->End(stream->RunToItsEnd(body));
        });
    if (!posted.ok()) stream->End(posted);
    return stream.get();
  }

  // For the body. Returns once the message before this one was taken. CANCELLED where the client is
  // gone, UNAVAILABLE DRAINING where the server stops, DEADLINE_EXCEEDED where the client takes
  // nothing.
  absl::Status Write(const Response& message) {
    std::unique_lock lock(mutex_);
    ADARES_RETURN_IF_ERROR(AwaitTaken(lock));
    message_ = message;
    bytes_ += static_cast<int64_t>(message.ByteSizeLong());
    writing_ = true;
    this->StartWrite(&message_);
    return absl::OkStatus();
  }

  // For the body: whether it should end early, and why. Thread-safe.
  bool IsOver() const {
    const std::lock_guard lock(mutex_);
    return over_ || stop_.stop_requested();
  }
  absl::Status WhyOver() const {
    if (stop_.stop_requested()) return DrainingError();
    return absl::CancelledError("the caller gave the call up");
  }

 private:
  TaskStream(std::stop_token stop, std::chrono::milliseconds patience, Clock clock)
      : stop_(std::move(stop)), patience_(patience), clock_(std::move(clock)) {}

  absl::Status RunToItsEnd(const Body& body) {
    if (IsOver()) return WhyOver();
    ADARES_RETURN_IF_ERROR(body(*this));
    std::unique_lock lock(mutex_);
    return AwaitTaken(lock);
  }

  absl::Status AwaitTaken(std::unique_lock<std::mutex>& lock) {
    const auto begin = clock_();
    const bool taken = changed_.wait_for(lock, stop_, std::min(patience_, TimeLeft()),
                                         [this] { return !writing_ || over_; });
    waited_ += std::chrono::duration_cast<std::chrono::milliseconds>(clock_() - begin);
    if (over_ || stop_.stop_requested()) return WhyOver();
    if (taken) return absl::OkStatus();
    return absl::DeadlineExceededError("the caller takes nothing of what it asked for");
  }

  // How long the client may still be waited for: in all, what it would take slowly.
  std::chrono::milliseconds TimeLeft() const {
    const std::chrono::milliseconds allowed(bytes_ * 1'000 / kSlowestBytesPerSecond);
    return std::max(patience_ + allowed - waited_, std::chrono::milliseconds(0));
  }

  // A body that waits for the disk does not look for longer than the server's grace lasts, and the
  // caller would see a broken connection.
  void EndBecauseOfStop() {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
    }
    End(DrainingError());
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    over_ = over_ || !ok;
    changed_.notify_all();
  }

  // The body ends the stream, once it sees this; where its turn has not come, nobody else would.
  void OnCancel() override {
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
      changed_.notify_all();
    }
    End(WhyOver());
  }

  void OnDone() override { const std::shared_ptr<TaskStream> last = std::move(self_); }

  void End(const absl::Status& status) {
    {
      const std::lock_guard lock(mutex_);
      if (finished_) return;
      finished_ = true;
    }
    this->Finish(ToGrpcStatus(status));
  }

  const std::stop_token stop_;
  const std::chrono::milliseconds patience_;
  const Clock clock_;
  std::shared_ptr<TaskStream> self_;  // set by Begin, dropped by OnDone

  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  bool writing_ = false;   // guarded by mutex_: gRPC has message_
  bool over_ = false;      // guarded by mutex_: the client is gone
  bool finished_ = false;  // guarded by mutex_: Finish was called
  Response message_;
  int64_t bytes_ = 0;                    // the task's: of all messages
  std::chrono::milliseconds waited_{0};  // the task's: for the client to take them
  // Set by Begin. Last: a callback under way uses all of the above.
  std::optional<std::stop_callback<std::function<void()>>> on_stop_;
};

}  // namespace adares
