#include "server/artifacts/blob_index.h"

namespace adares {

std::optional<int64_t> BlobIndex::Find(const std::string& sha256) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(sha256);
  if (found == entries_.end() || found->second.retired) return std::nullopt;
  return found->second.size_bytes;
}

std::optional<int64_t> BlobIndex::FindAndKeep(const std::string& sha256, Timestamp now) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(sha256);
  if (found == entries_.end() || found->second.retired) return std::nullopt;
  found->second.kept_at = now;
  return found->second.size_bytes;
}

void BlobIndex::Add(const std::string& sha256, int64_t size_bytes, Timestamp since) {
  const std::lock_guard lock(mutex_);
  const auto [entry, is_new] = entries_.try_emplace(sha256);
  if (!is_new) bytes_ -= entry->second.size_bytes;
  bytes_ += size_bytes;
  entry->second = {size_bytes, since};
}

bool BlobIndex::IsKept(const Entry& entry, Timestamp now) {
  return entry.kept_at && now - *entry.kept_at < kUnnamedFor;
}

bool BlobIndex::Retire(const std::string& sha256, Timestamp now) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(sha256);
  if (found == entries_.end() || found->second.retired || IsKept(found->second, now)) return false;
  return found->second.retired = true;
}

void BlobIndex::Restore(const std::string& sha256) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(sha256);
  if (found != entries_.end()) found->second.retired = false;
}

bool BlobIndex::IsRetired(const std::string& sha256) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(sha256);
  return found != entries_.end() && found->second.retired;
}

void BlobIndex::Remove(const std::string& sha256) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(sha256);
  if (found == entries_.end()) return;
  bytes_ -= found->second.size_bytes;
  entries_.erase(found);
}

std::vector<std::string> BlobIndex::Old(Timestamp now, size_t limit, std::string& after) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> old;
  size_t seen = 0;
  auto it = entries_.upper_bound(after);
  for (; it != entries_.end() && seen < limit; ++it, ++seen) {
    const Entry& entry = it->second;
    after = it->first;
    if (entry.retired || IsKept(entry, now) || now - entry.since < kUnnamedFor) continue;
    old.push_back(it->first);
  }
  if (it == entries_.end()) after.clear();
  return old;
}

int64_t BlobIndex::count() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int64_t>(entries_.size());
}

int64_t BlobIndex::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace adares
