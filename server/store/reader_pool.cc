// A queue under one mutex: readers take milliseconds, so nobody waits for it.
#include "server/store/reader_pool.h"

#include <algorithm>
#include <utility>

#include "core/status.h"

namespace adares {

absl::StatusOr<std::unique_ptr<ReaderPool>> ReaderPool::Open(const std::string& path, int threads) {
  std::vector<std::unique_ptr<Reader>> readers;
  for (int i = 0; i < std::max(threads, 1); ++i) {
    ADARES_ASSIGN_OR_RETURN(std::unique_ptr<Reader> reader, Reader::Open(path));
    readers.push_back(std::move(reader));
  }
  return std::unique_ptr<ReaderPool>(new ReaderPool(std::move(readers)));
}

ReaderPool::ReaderPool(std::vector<std::unique_ptr<Reader>> readers)
    : readers_(std::move(readers)) {
  for (const auto& reader : readers_) {
    threads_.emplace_back([this, &reader = *reader] { Run(reader); });
  }
}

ReaderPool::~ReaderPool() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  threads_.clear();  // joins
}

bool ReaderPool::TryPost(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (tasks_.size() >= kMaxWaiting) return false;
    tasks_.push_back(std::move(task));
  }
  changed_.notify_one();
  return true;
}

void ReaderPool::Post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  changed_.notify_one();
}

void ReaderPool::Run(Reader& reader) {
  while (Task task = Take()) task(reader);
}

// A task that runs while the pool closes may post: its own thread comes back for what it posted.
ReaderPool::Task ReaderPool::Take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !tasks_.empty() || closing_; });
  if (tasks_.empty()) return nullptr;
  Task task = std::move(tasks_.front());
  tasks_.pop_front();
  return task;
}

}  // namespace adares
