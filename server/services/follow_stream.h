// FollowStream is a server stream that sends what there is, then what changes: the shape of
// WatchSweep and TailLogs. It reads on the reader pool, one read or one write at a time, at most
// about five messages a second, so that a slow client costs one message of memory.
//
// gRPC owns the reactor's life through OnDone; reads in flight keep it alive through `self_`.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "rpc/grpc_status.h"
#include "server/coordinator/commit_loop.h"
#include "server/services/change_hub.h"
#include "server/store/reader_pool.h"

namespace adares {

// What one look at the database gives a stream.
template <typename Response>
struct FollowStep {
  std::optional<Response> message;
  bool finished = false;  // nothing will ever follow
  bool more = false;      // there is more to read at once
};

template <typename Response>
class FollowStream : public grpc::ServerWriteReactor<Response>, private ChangeHub::Subscriber {
 public:
  using Step = FollowStep<Response>;

  // Begins to stream; `stream` lives until gRPC is done with it.
  static grpc::ServerWriteReactor<Response>* Begin(std::shared_ptr<FollowStream> stream) {
    stream->self_ = stream;
    if (const absl::Status taken = stream->hub_->Subscribe(stream.get()); !taken.ok()) {
      stream->End(taken);
    } else {
      stream->Tick(std::chrono::steady_clock::now());
    }
    return stream.get();
  }

 protected:
  FollowStream(grpc::CallbackServerContext* context, ChangeHub* hub, ReaderPool* readers)
      : context_(context), hub_(hub), readers_(readers) {}

  // Reads what is new. Never called twice at a time. With `heartbeat` it must return a message.
  virtual absl::StatusOr<Step> Next(Reader& reader, bool heartbeat) = 0;

  // Only changes of this sweep matter from now on; before the first call all do.
  void SetTopic(const std::string& sweep) {
    const std::lock_guard lock(topic_mutex_);
    topic_ = sweep;
  }

 private:
  static constexpr std::chrono::milliseconds kMinInterval{150};

  void Changed(const std::set<std::string>& sweeps) override {
    const std::lock_guard lock(topic_mutex_);
    if (topic_.empty() || sweeps.contains(topic_)) dirty_ = true;
  }

  void AllChanged() override { dirty_ = true; }

  void Tick(ChangeHub::SteadyTime now) override {
    if (GiveUpIfStuck(now)) return;
    bool heartbeat = false;
    {
      const std::lock_guard lock(mutex_);
      if (busy_ || finished_) return;
      // The first message comes at once, whether there is news or not: it tells the client that the
      // stream has begun.
      heartbeat = !last_write_ || now - *last_write_ >= hub_->heartbeat();
      if (!dirty_ && !heartbeat) return;
      if (last_write_ && now - *last_write_ < kMinInterval) return;
      busy_ = true;
      dirty_ = false;
    }
    StartRead(heartbeat);
  }

  // The end that the client is told stands behind the message that it does not take, so that in the
  // end the connection is told instead.
  bool GiveUpIfStuck(ChangeHub::SteadyTime now) {
    std::chrono::steady_clock::duration stuck{0};
    {
      const std::lock_guard lock(mutex_);
      if (writing_) stuck = now - write_began_;
    }
    if (stuck <= hub_->patience()) return false;
    End(absl::DeadlineExceededError("the client takes nothing of what it follows"));
    if (stuck > 2 * hub_->patience()) context_->TryCancel();
    return true;
  }

  void Stop() override { End(DrainingError()); }

  // Where too many reads wait, the next tick tries again.
  void StartRead(bool heartbeat) {
    const bool posted = readers_->TryPost(
        [self = self_, this, heartbeat](Reader& reader) { Read(reader, heartbeat); });
    if (posted) return;
    dirty_ = true;
    const std::lock_guard lock(mutex_);
    busy_ = false;
  }

  void Read(Reader& reader, bool heartbeat) {
    {
      const std::lock_guard lock(mutex_);
      if (finished_) return;
    }
    Deliver(Next(reader, heartbeat));
  }

  void Deliver(absl::StatusOr<Step> step) {
    if (!step.ok()) return End(step.status());
    if (!step->message) {
      if (step->finished) return End(absl::OkStatus());
      const std::lock_guard lock(mutex_);
      busy_ = false;
      return;
    }
    const std::lock_guard lock(mutex_);
    if (finished_) return;
    step_ = *std::move(step);
    writing_ = true;
    write_began_ = std::chrono::steady_clock::now();
    this->StartWrite(&*step_.message);
  }

  void OnWriteDone(bool ok) override {
    if (!ok) return End(absl::CancelledError("the client is gone"));
    bool more = false;
    bool last = false;
    {
      const std::lock_guard lock(mutex_);
      writing_ = false;
      last_write_ = std::chrono::steady_clock::now();
      last = step_.finished;
      more = step_.more;
      busy_ = more || last;
    }
    if (last) return End(absl::OkStatus());
    if (more) StartRead(false);
  }

  void OnCancel() override { End(absl::CancelledError("the client gave the call up")); }

  void OnDone() override {
    hub_->Unsubscribe(this);
    std::shared_ptr<FollowStream> last = std::move(self_);
  }

  void End(const absl::Status& status) {
    {
      const std::lock_guard lock(mutex_);
      if (finished_) return;
      finished_ = true;
    }
    this->Finish(ToGrpcStatus(status));
  }

  grpc::CallbackServerContext* const context_;
  ChangeHub* const hub_;
  ReaderPool* const readers_;
  std::shared_ptr<FollowStream> self_;  // set by Begin, dropped by OnDone

  // Apart from mutex_, under which messages are serialised: the commit loop must not wait for that.
  std::mutex topic_mutex_;
  std::string topic_;               // guarded by topic_mutex_
  std::atomic<bool> dirty_ = true;  // there is something to read

  std::mutex mutex_;
  bool busy_ = false;                  // guarded by mutex_: a read or a write is under way
  bool finished_ = false;              // guarded by mutex_: Finish was called
  bool writing_ = false;               // guarded by mutex_: gRPC has the message
  ChangeHub::SteadyTime write_began_;  // guarded by mutex_
  std::optional<ChangeHub::SteadyTime> last_write_;  // guarded by mutex_
  Step step_;                                        // owned by whoever made busy_ true
};

}  // namespace adares
