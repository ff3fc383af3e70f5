// The reading thread appends to a queue and rings an eventfd.
#include "client/sweep_watch.h"

#include <grpcpp/client_context.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <utility>

#include "client/connection_impl.h"
#include "client/sweep_snapshot.h"
#include "rpc/grpc_status.h"

namespace adares::client {
namespace {

constexpr std::chrono::milliseconds kPauseBetweenTries{500};

}  // namespace

struct SweepWatch::Impl {
  Impl(v1::SweepService::Stub& stub, std::string sweep_resource)
      : sweeps(stub),
        name(std::move(sweep_resource)),
        event_fd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
        thread([this] { Run(); }) {}

  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      is_stopping = true;
      if (context != nullptr) context->TryCancel();
    }
    stopped.notify_all();
    thread.join();
    close(event_fd);
  }

  void Push(WatchEvent event) {
    const std::lock_guard lock(mutex);
    events.push_back(std::move(event));
    const uint64_t one = 1;
    // The counter cannot overflow, so that the write cannot fail.
    [[maybe_unused]] const ssize_t written = write(event_fd, &one, sizeof(one));
  }

  // Publishes the context of the stream to come; false where there shall be none.
  bool Begin(grpc::ClientContext* next) {
    const std::lock_guard lock(mutex);
    context = is_stopping ? nullptr : next;
    return !is_stopping;
  }

  void End() {
    const std::lock_guard lock(mutex);
    context = nullptr;
  }

  // One stream from the last revision on, until it ends.
  absl::Status ReadStream() {
    grpc::ClientContext stream_context;
    // Later tries wait for the coordinator to come back; the first one says that there is none.
    stream_context.set_wait_for_ready(has_answer);
    if (!Begin(&stream_context)) return absl::CancelledError();
    v1::WatchSweepRequest request;
    request.set_name(name);
    request.set_start_revision(revision);
    const auto reader = sweeps.WatchSweep(&stream_context, request);
    v1::WatchSweepResponse response;
    while (reader->Read(&response)) {
      has_answer = true;
      revision = response.revision();
      is_final = IsFinal(response.sweep());
      Push({WatchEvent::Kind::kUpdate, std::move(response), absl::OkStatus()});
    }
    const grpc::Status status = reader->Finish();
    End();
    return FromGrpcStatus(status);
  }

  bool IsStopping() {
    const std::lock_guard lock(mutex);
    return is_stopping;
  }

  bool PauseBeforeNextTry() {
    std::unique_lock lock(mutex);
    return !stopped.wait_for(lock, kPauseBetweenTries, [this] { return is_stopping; });
  }

  void Run() {
    for (;;) {
      const absl::Status status = ReadStream();
      // A coordinator that goes down ends calls as UNAVAILABLE, or as CANCELLED in its last moment.
      const bool is_lost = absl::IsUnavailable(status) || absl::IsCancelled(status);
      const bool may_try_again = has_answer && is_lost && !IsStopping();
      // A stream that ends in peace before the sweep does is taken up again as well.
      if (!may_try_again && !(status.ok() && !is_final)) {
        return Push({WatchEvent::Kind::kEnded, {}, status});
      }
      if (!status.ok()) Push({WatchEvent::Kind::kLost, {}, status});
      if (!PauseBeforeNextTry()) return;
    }
  }

  v1::SweepService::Stub& sweeps;
  const std::string name;
  const int event_fd;

  // Of the thread alone.
  bool has_answer = false;
  bool is_final = false;
  int64_t revision = 0;

  std::mutex mutex;
  std::condition_variable stopped;
  // Guarded by the mutex.
  bool is_stopping = false;
  grpc::ClientContext* context = nullptr;
  std::vector<WatchEvent> events;

  std::thread thread;  // last, so that it starts when all else is there
};

SweepWatch::SweepWatch(Connection& connection, const std::string& sweep_resource)
    : impl_(std::make_unique<Impl>(connection.impl_->sweeps, sweep_resource)) {}

SweepWatch::~SweepWatch() = default;

int SweepWatch::fd() const { return impl_->event_fd; }

std::vector<WatchEvent> SweepWatch::Take() {
  const std::lock_guard lock(impl_->mutex);
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t taken = read(impl_->event_fd, &count, sizeof(count));
  return std::exchange(impl_->events, {});
}

}  // namespace adares::client
