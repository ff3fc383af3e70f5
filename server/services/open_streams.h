// The streams of one kind that are open, so that they can be told something and a server that stops
// can end them.
//
// Thread-safe. Streams are called under a lock: they must not block and must not call back.
#pragma once

#include <mutex>
#include <set>

#include "absl/status/status.h"
#include "core/status.h"
#include "server/coordinator/commit_loop.h"

namespace adares {

// RESOURCE_EXHAUSTED OVERLOADED.
inline absl::Status TooManyStreams() {
  return MakeError(absl::StatusCode::kResourceExhausted, reason::kOverloaded,
                   "too many streams of this kind are open; end some, or try again in a moment");
}

template <typename Stream>
class OpenStreams {
 public:
  // UNAVAILABLE DRAINING after Stop, RESOURCE_EXHAUSTED OVERLOADED where too many are open; the
  // stream is not kept then.
  absl::Status Add(Stream* stream) {
    const std::lock_guard lock(mutex_);
    if (stopped_) return DrainingError();
    if (streams_.size() >= limit_) return TooManyStreams();
    streams_.insert(stream);
    return absl::OkStatus();
  }

  // Before the first stream.
  void SetLimit(size_t limit) { limit_ = limit; }

  // After it returned the stream is not called any more. Unknown ones are ignored.
  void Remove(Stream* stream) {
    const std::lock_guard lock(mutex_);
    streams_.erase(stream);
  }

  template <typename Visit>
  void ForEach(Visit visit) {
    const std::lock_guard lock(mutex_);
    for (Stream* stream : streams_) visit(*stream);
  }

  // Calls Stop of each.
  void Stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    for (Stream* stream : streams_) stream->Stop();
  }

  size_t size() const {
    const std::lock_guard lock(mutex_);
    return streams_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::set<Stream*> streams_;  // guarded by mutex_
  bool stopped_ = false;       // guarded by mutex_
  size_t limit_ = 2'000;
};

}  // namespace adares
