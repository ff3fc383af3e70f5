#include "tests/worker/fake_coordinator.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "core/sha256.h"
#include "tests/fixtures/temp_folder.h"

namespace adares::worker {
namespace {

absl::Status Unavailable() { return absl::UnavailableError("the fake is away"); }

class FakeTransfer : public Transfer {
 public:
  // Expires with it.
  std::weak_ptr<bool> wanted() const { return wanted_; }

 private:
  const std::shared_ptr<bool> wanted_ = std::make_shared<bool>(true);
};

}  // namespace

void FakeCoordinator::Offer(const Assignment& assignment) {
  offers_.push_back(assignment);
  AnswerSyncIfNeeded();
}

void FakeCoordinator::Order(const StopOrder& order) {
  orders_.push_back(order);
  AnswerSyncIfNeeded();
}

void FakeCoordinator::OrderDrain() {
  drain_ordered_ = true;
  AnswerSyncIfNeeded();
}

void FakeCoordinator::Withdraw(const AttemptId& id) {
  std::erase_if(offers_, [&](const Assignment& offer) { return offer.id == id; });
  Order({id, StopReason::kLeaseLost});
}

void FakeCoordinator::GoAway() {
  away_ = true;
  if (sync_done_) AnswerSync(Unavailable());
  CloseStream();
}

void FakeCoordinator::ForgetWorker() {
  knows_worker_ = false;
  if (sync_done_) AnswerSync(absl::NotFoundError("no such worker"));
  CloseStream();
}

void FakeCoordinator::BreakStream() { CloseStream(); }

void FakeCoordinator::Restore(const AttemptId& id, size_t records) {
  ASSERT_LE(records, stored_[id].size());
  stored_[id].resize(records);
  CloseStream();
}

void FakeCoordinator::HoldAcknowledgements(bool hold) {
  hold_acknowledgements_ = hold;
  if (hold) return;
  for (const ReportAnswer& answer : std::exchange(held_answers_, {})) Answer(answer);
}

const AttemptEnd* FakeCoordinator::End(const AttemptId& id) {
  const auto& records = stored_[id];
  return records.empty() ? nullptr : std::get_if<AttemptEnd>(&records.back());
}

std::vector<LogLine> FakeCoordinator::Log(const AttemptId& id) {
  std::vector<LogLine> all;
  for (const ReportRecord& record : stored_[id]) {
    const auto* lines = std::get_if<std::vector<LogLine>>(&record);
    if (lines != nullptr) all.insert(all.end(), lines->begin(), lines->end());
  }
  return all;
}

std::vector<MetricPoint> FakeCoordinator::Points(const AttemptId& id) {
  std::vector<MetricPoint> all;
  for (const ReportRecord& record : stored_[id]) {
    const auto* points = std::get_if<std::vector<MetricPoint>>(&record);
    if (points != nullptr) all.insert(all.end(), points->begin(), points->end());
  }
  return all;
}

int FakeCoordinator::Count(const AttemptId& id, size_t record_kind) {
  return static_cast<int>(std::ranges::count_if(
      stored_[id], [record_kind](const auto& record) { return record.index() == record_kind; }));
}

const HeldAttempt* FakeCoordinator::Held(const AttemptId& id) const {
  const auto found =
      std::ranges::find_if(last_sync_.attempts, [&](const auto& held) { return held.id == id; });
  return found == last_sync_.attempts.end() ? nullptr : &*found;
}

std::string FakeCoordinator::Encode(const ReportRecord& record) const {
  encoded_.push_back(record);
  return std::to_string(encoded_.size() - 1);
}

void FakeCoordinator::Register(std::function<void(absl::StatusOr<WorkerTerms>)> done) {
  absl::StatusOr<WorkerTerms> answer = kTerms;
  if (away_) answer = Unavailable();
  if (rejects_) answer = absl::InvalidArgumentError("not such a worker");
  if (name_taken_) answer = absl::AlreadyExistsError("a worker of this name is alive");
  if (answer.ok()) {
    knows_worker_ = true;
    ++registrations_;
    registered_ = capability_;
  }
  loop_.Post([done = std::move(done), answer] { done(answer); });
}

void FakeCoordinator::Sync(const SyncState& state, SyncDone done) {
  EXPECT_FALSE(sync_done_);
  last_sync_ = state;
  ++syncs_;
  most_syncs_at_a_time_ = std::max(most_syncs_at_a_time_, ++syncs_at_a_time_);
  sync_done_ = [this, done = std::move(done)](const auto& answer) {
    --syncs_at_a_time_;
    done(answer);
  };
  if (away_) return AnswerSync(Unavailable());
  if (!knows_worker_) return AnswerSync(absl::NotFoundError("no such worker"));
  sync_timer_ = loop_.After(state.max_wait, [this] { AnswerSync(Wanted()); });
  AnswerSyncIfNeeded();
}

void FakeCoordinator::CancelSync() {
  if (sync_done_) AnswerSync(absl::CancelledError("ended early"));
}

SyncOrders FakeCoordinator::Wanted() const {
  SyncOrders wanted;
  wanted.drain = drain_ordered_ && !last_sync_.draining;
  for (const Assignment& offer : offers_) {
    const auto stored = stored_.find(offer.id);
    const bool ended = stored != stored_.end() && !stored->second.empty() &&
                       std::holds_alternative<AttemptEnd>(stored->second.back());
    if (!ended && (repeat_offers_ || Held(offer.id) == nullptr)) wanted.start.push_back(offer);
  }
  for (const StopOrder& order : orders_) {
    const HeldAttempt* held = Held(order.id);
    if (held == nullptr) continue;
    // A pause or a drain may be under way, and does not end what is to be cancelled in time.
    const bool is_for_all =
        order.reason == StopReason::kLeaseLost || order.reason == StopReason::kCancelled;
    if (is_for_all || held->phase == AttemptPhase::kRunning) wanted.stop.push_back(order);
  }
  return wanted;
}

void FakeCoordinator::AnswerSyncIfNeeded() {
  if (!sync_done_ || away_) return;
  SyncOrders wanted = Wanted();
  if (!wanted.start.empty() || !wanted.stop.empty() || wanted.drain ||
      last_sync_.max_wait == Duration::zero()) {
    AnswerSync(std::move(wanted));
  }
}

void FakeCoordinator::AnswerSync(absl::StatusOr<SyncOrders> answer) {
  sync_timer_.reset();
  if (answer.ok() && sync_answers_to_lose_ > 0) {
    --sync_answers_to_lose_;
    answer = Unavailable();
  }
  loop_.Post(
      [done = std::exchange(sync_done_, nullptr), answer = std::move(answer)] { done(answer); });
}

void FakeCoordinator::OpenReports(ReportHandlers handlers) {
  stream_ = std::make_shared<ReportHandlers>(std::move(handlers));
  if (away_) CloseStream();
}

void FakeCoordinator::CloseStream() {
  held_answers_.clear();
  if (!stream_) return;
  loop_.Post([stream = std::exchange(stream_, nullptr)] { stream->closed(Unavailable()); });
}

void FakeCoordinator::SendReport(const ReportBatch& batch) {
  EXPECT_FALSE(batch.records.empty());
  if (!stream_) return;  // lost on the way
  Store(batch);
  const auto last = static_cast<int64_t>(stored_[batch.id].size());
  const bool refused = refused_.contains(batch.id);
  const ReportAnswer answer{batch.id, refused ? std::nullopt : std::make_optional(last),
                            refused ? "LEASE_LOST: says the fake" : ""};
  if (hold_acknowledgements_) {
    held_answers_.push_back(answer);
  } else {
    Answer(answer);
  }
  loop_.Post([stream = stream_] { stream->sent(); });
}

void FakeCoordinator::Store(const ReportBatch& batch) {
  if (refused_.contains(batch.id)) return;
  std::vector<ReportRecord>& stored = stored_[batch.id];
  int64_t sequence = batch.first_sequence;
  for (const std::string& bytes : batch.records) {
    const auto last = static_cast<int64_t>(stored.size());
    if (sequence > last + 1) return;  // after a gap nothing is stored
    if (sequence++ <= last) {
      ++repeated_records_;
    } else {
      stored.push_back(encoded_.at(std::stoul(bytes)));
    }
  }
}

void FakeCoordinator::Answer(const ReportAnswer& answer) {
  if (!stream_) return;
  loop_.Post([stream = stream_, answer] { stream->answered(answer); });
}

std::vector<Checkpoint> FakeCoordinator::Checkpoints(const AttemptId& id) {
  std::vector<Checkpoint> all;
  for (const ReportRecord& record : stored_[id]) {
    if (const auto* checkpoint = std::get_if<Checkpoint>(&record)) all.push_back(*checkpoint);
  }
  return all;
}

void FakeCoordinator::HoldUploads(bool hold) {
  hold_uploads_ = hold;
  if (hold) return;
  for (const auto& upload : std::exchange(held_uploads_, {})) upload();
}

std::unique_ptr<Transfer> FakeCoordinator::Upload(const AttemptId& /*id*/,
                                                  const std::filesystem::path& folder,
                                                  UploadDone done) {
  ++uploads_;
  auto transfer = std::make_unique<FakeTransfer>();
  const auto upload = [this, folder, done = std::move(done), wanted = transfer->wanted()] {
    if (wanted.expired()) return;
    absl::StatusOr<std::vector<CheckpointFile>> files = Store(folder);
    if (away_) files = Unavailable();
    if (!upload_failure_.ok()) files = upload_failure_;
    loop_.Post([done, files, wanted] {
      if (!wanted.expired()) done(files);
    });
  };
  if (hold_uploads_) {
    held_uploads_.emplace_back(upload);
  } else {
    upload();
  }
  return transfer;
}

std::vector<CheckpointFile> FakeCoordinator::Store(const std::filesystem::path& folder) {
  std::vector<CheckpointFile> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string content = fixtures::ReadTextFile(entry.path());
    files.push_back({entry.path().filename(), Sha256Hex(content), std::ssize(content)});
    blobs_[files.back().sha256] = content;
  }
  std::ranges::sort(files, {}, &CheckpointFile::name);
  return files;
}

std::unique_ptr<Transfer> FakeCoordinator::Download(const std::vector<CheckpointFile>& files,
                                                    const std::filesystem::path& folder,
                                                    std::function<void(absl::Status)> done) {
  ++downloads_;
  absl::Status status = downloads_to_fail_-- > 0 ? download_failure_ : absl::OkStatus();
  if (away_) status = Unavailable();
  for (const CheckpointFile& file : files) {
    const auto blob = blobs_.find(file.sha256);
    if (status.ok() && blob == blobs_.end()) status = absl::NotFoundError("no such blob");
    if (status.ok()) fixtures::WriteTextFile(folder / file.name, blob->second);
  }
  auto transfer = std::make_unique<FakeTransfer>();
  loop_.Post([done = std::move(done), status, wanted = transfer->wanted()] {
    if (!wanted.expired()) done(status);
  });
  return transfer;
}

}  // namespace adares::worker
