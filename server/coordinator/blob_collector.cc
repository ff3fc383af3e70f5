#include "server/coordinator/blob_collector.h"

#include <utility>

namespace adares {

void BlobCollector::Committed(const Effects& effects) {
  dropped_.insert(effects.dropped_blobs.begin(), effects.dropped_blobs.end());
}

void BlobCollector::Ticked(Timestamp now) {
  if (busy_ || loop_ == nullptr) return;
  std::vector<std::string> candidates = NextCandidates(now);
  if (!candidates.empty()) Collect(std::move(candidates));
}

std::vector<std::string> BlobCollector::NextCandidates(Timestamp now) {
  std::vector<std::string> candidates;
  while (!dropped_.empty() && candidates.size() < kAtOnce) {
    candidates.push_back(std::move(dropped_.extract(dropped_.begin()).value()));
  }
  if (!candidates.empty() || now < next_round_) return candidates;
  candidates = blobs_->index().Old(now, kLookedAtAtOnce, looked_at_);
  if (looked_at_.empty()) {
    next_round_ = now + kRoundPeriod;
    files_->Post([blobs = blobs_, now] { blobs->RemoveOldParts(now); });
  }
  return candidates;
}

// A command that comes later finds what was retired gone, and one that came before has named its
// blobs: none can be named and removed.
void BlobCollector::Collect(std::vector<std::string> candidates) {
  busy_ = true;
  const auto retired = std::make_shared<std::vector<std::string>>();
  loop_.load()->Post(
      [this, retired, candidates = std::move(candidates)](Coordinator& coordinator, Timestamp now) {
        ADARES_ASSIGN_OR_RETURN(const std::vector<std::string> unnamed,
                                coordinator.UnnamedBlobs(candidates));
        for (const std::string& blob : unnamed) {
          if (blobs_->index().Retire(blob, now)) retired->push_back(blob);
        }
        return absl::OkStatus();
      },
      [this, retired](const absl::Status& committed) { Settle(*retired, committed); });
}

void BlobCollector::Settle(const std::vector<std::string>& retired, const absl::Status& committed) {
  busy_ = false;
  if (!committed.ok()) {
    for (const std::string& blob : retired) blobs_->index().Restore(blob);
    return;
  }
  if (retired.empty()) return;
  files_->Post([blobs = blobs_, failed = failed_, retired] {
    for (const std::string& blob : retired) {
      if (const absl::Status removed = blobs->RemoveRetired(blob); !removed.ok()) failed(removed);
    }
  });
}

}  // namespace adares
