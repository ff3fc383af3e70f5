#include "server/artifacts/upload_quota.h"

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "server/artifacts/blob_index.h"

namespace adares {
namespace {

constexpr Duration kLookPeriod = std::chrono::minutes(1);

}  // namespace

void UploadQuota::DropOld(Begun& begun, Timestamp now) {
  std::erase_if(begun,
                [now](const auto& entry) { return now - entry.second >= BlobIndex::kUnnamedFor; });
}

absl::Status UploadQuota::Begin(const AttemptId& id, const std::string& sha256, Timestamp now) {
  const std::lock_guard lock(mutex_);
  Begun& begun = attempts_[id];
  DropOld(begun, now);
  if (begun.size() >= kMaxUnnamed && !begun.contains(sha256)) {
    return MakeError(absl::StatusCode::kResourceExhausted, reason::kUploadsExcessive,
                     absl::StrCat("attempt ", id.attempt, " of ", id.sweep, "/", id.trial, " has ",
                                  kMaxUnnamed, " uploads that no checkpoint names"),
                     {{"limit", absl::StrCat(kMaxUnnamed)}});
  }
  begun[sha256] = now;
  return absl::OkStatus();
}

void UploadQuota::Touch(const AttemptId& id, const std::string& sha256, Timestamp now) {
  const std::lock_guard lock(mutex_);
  const auto attempt = attempts_.find(id);
  if (attempt == attempts_.end()) return;
  const auto begun = attempt->second.find(sha256);
  if (begun != attempt->second.end()) begun->second = now;
}

void UploadQuota::Drop(const AttemptId& id, const std::string& sha256) {
  const auto attempt = attempts_.find(id);
  if (attempt == attempts_.end()) return;
  attempt->second.erase(sha256);
  if (attempt->second.empty()) attempts_.erase(attempt);
}

void UploadQuota::Forget(const AttemptId& id, const std::string& sha256) {
  const std::lock_guard lock(mutex_);
  Drop(id, sha256);
}

void UploadQuota::Named(const std::map<AttemptId, std::set<std::string>>& blobs) {
  const std::lock_guard lock(mutex_);
  for (const auto& [id, hashes] : blobs) {
    for (const std::string& sha256 : hashes) Drop(id, sha256);
  }
}

void UploadQuota::Expire(Timestamp now) {
  const std::lock_guard lock(mutex_);
  if (now < next_look_) return;
  next_look_ = now + kLookPeriod;
  for (auto& [id, begun] : attempts_) DropOld(begun, now);
  std::erase_if(attempts_, [](const auto& entry) { return entry.second.empty(); });
}

}  // namespace adares
