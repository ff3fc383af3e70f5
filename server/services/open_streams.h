// The streams of one kind that are open, so that they can be told something and a server that stops
// can end them.
//
// Thread-safe. Streams are called under a lock: they must not block and must not call back.
#pragma once

#include <mutex>
#include <set>

namespace adares {

template <typename Stream>
class OpenStreams {
 public:
  // False after Stop; the stream is not kept then.
  bool Add(Stream* stream) {
    const std::lock_guard lock(mutex_);
    if (!stopped_) streams_.insert(stream);
    return !stopped_;
  }

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
};

}  // namespace adares
