// FilePool runs work on files on a few threads of its own, because a disk may keep a caller waiting
// for as long as it likes.
//
// Thread-safe. Tasks run in the order of their posts as threads become free, and must not throw.
// The destructor runs what was posted before it, then joins.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace adares {

class FilePool {
 public:
  using Task = std::function<void()>;

  explicit FilePool(int threads);
  ~FilePool();
  FilePool(const FilePool&) = delete;
  FilePool& operator=(const FilePool&) = delete;

  // Not to be called once the destructor has begun, except by tasks, whose posts are still run.
  void Post(Task task);

  // The same, unless kMaxWaiting tasks wait already: false then. For tasks that others bring as
  // often as they like.
  bool TryPost(Task task);
  static constexpr size_t kMaxWaiting = 2'000;

 private:
  void Run();

  std::mutex mutex_;  // guards the two after the condition
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  bool closing_ = false;
  std::vector<std::jthread> threads_;  // last: they use all of the above
};

}  // namespace adares
