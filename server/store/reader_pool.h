// ReaderPool runs reading tasks on a fixed number of threads, each with a Reader of its own, so
// that lists and series never wait for the writer nor hold its thread.
//
// Thread-safe. Tasks run in the order of their posts as threads become free, and must not throw.
// The destructor runs what was posted before it, then joins.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "server/store/reader.h"

namespace adares {

class ReaderPool {
 public:
  using Task = std::function<void(Reader&)>;

  // Opens `threads` (at least 1) readers of the database; errors as Reader::Open.
  static absl::StatusOr<std::unique_ptr<ReaderPool>> Open(const std::string& path, int threads);
  ~ReaderPool();
  ReaderPool(const ReaderPool&) = delete;
  ReaderPool& operator=(const ReaderPool&) = delete;

  // Runs `task` on one of the threads, later. Not to be called once the destructor has begun,
  // except by tasks, whose posts are still run.
  void Post(Task task);

  // The same, unless kMaxWaiting tasks wait already: false then. For tasks that others bring as
  // often as they like.
  bool TryPost(Task task);
  static constexpr size_t kMaxWaiting = 2'000;

 private:
  explicit ReaderPool(std::vector<std::unique_ptr<Reader>> readers);
  void Run(Reader& reader);
  // Waits for a task; an empty one says that the pool closes and nothing is left.
  Task Take();

  std::vector<std::unique_ptr<Reader>> readers_;
  std::mutex mutex_;  // guards the two after the condition
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  bool closing_ = false;
  std::vector<std::jthread> threads_;  // last: they use all of the above
};

}  // namespace adares
