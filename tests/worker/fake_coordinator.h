// A coordinator that works, in memory: hands out attempts, stores their records once, acknowledges.
// Tests make it go away, lose answers, and refuse.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/worker/manual_event_loop.h"
#include "worker/agent/coordinator_link.h"

namespace adares::worker {

class FakeCoordinator : public CoordinatorLink {
 public:
  explicit FakeCoordinator(ManualEventLoop& loop) : loop_(loop) {}

  // What tests do to it.
  void Offer(const Assignment& assignment);  // until its end is stored
  void Withdraw(const AttemptId& id);        // its lease is lost
  void Order(const StopOrder& order);        // while the worker does not obey
  void Refuse(const AttemptId& id) { refused_.insert(id); }
  void GoAway();  // every call fails
  void ComeBack() { away_ = false; }
  void ForgetWorker();  // as one with another database
  void BreakStream();
  // Its database is put back to a copy with the attempt's first `records` only.
  void Restore(const AttemptId& id, size_t records);
  void HoldAcknowledgements(bool hold);
  void OrderDrain();
  void LoseSyncAnswers(int count) { sync_answers_to_lose_ = count; }
  void RepeatOffers() { repeat_offers_ = true; }  // also what is held
  void RejectWorker() { rejects_ = true; }
  void TakeName(bool taken) { name_taken_ = taken; }  // another worker is alive under it
  // Uploads fail so, or are not answered.
  void FailUploads(absl::Status status) { upload_failure_ = std::move(status); }
  void HoldUploads(bool hold);
  // The next `count` downloads fail so.
  void FailDownloads(int count, absl::Status status = absl::UnavailableError("gone")) {
    downloads_to_fail_ = count;
    download_failure_ = std::move(status);
  }

  // What it knows.
  const std::vector<ReportRecord>& records(const AttemptId& id) { return stored_[id]; }
  const AttemptEnd* End(const AttemptId& id);
  std::vector<LogLine> Log(const AttemptId& id);
  std::vector<MetricPoint> Points(const AttemptId& id);
  int Count(const AttemptId& id, size_t record_kind);
  const SyncState& last_sync() const { return last_sync_; }
  const HeldAttempt* Held(const AttemptId& id) const;
  const std::optional<Capability>& registered() const { return registered_; }
  int registrations() const { return registrations_; }
  int syncs() const { return syncs_; }
  int most_syncs_at_a_time() const { return most_syncs_at_a_time_; }
  int repeated_records() const { return repeated_records_; }
  std::vector<Checkpoint> Checkpoints(const AttemptId& id);
  int uploads() const { return uploads_; }  // that were begun
  int downloads() const { return downloads_; }

  // CoordinatorLink
  std::string Encode(const ReportRecord& record) const override;
  void SetCapability(const Capability& capability) override { capability_ = capability; }
  void Register(std::function<void(absl::StatusOr<WorkerTerms>)> done) override;
  void Sync(const SyncState& state, std::function<void(absl::StatusOr<SyncOrders>)> done) override;
  void CancelSync() override;
  void OpenReports(ReportHandlers handlers) override;
  void SendReport(const ReportBatch& batch) override;
  std::unique_ptr<Transfer> Upload(const AttemptId& id, const std::filesystem::path& folder,
                                   UploadDone done) override;
  std::unique_ptr<Transfer> Download(const std::vector<CheckpointFile>& files,
                                     const std::filesystem::path& folder,
                                     std::function<void(absl::Status)> done) override;

  static constexpr WorkerTerms kTerms{std::chrono::seconds(5), std::chrono::seconds(30)};

 private:
  using SyncDone = std::function<void(absl::StatusOr<SyncOrders>)>;

  SyncOrders Wanted() const;
  void AnswerSync(absl::StatusOr<SyncOrders> answer);
  void AnswerSyncIfNeeded();
  void CloseStream();
  void Store(const ReportBatch& batch);
  std::vector<CheckpointFile> Store(const std::filesystem::path& folder);
  void Answer(const ReportAnswer& answer);

  ManualEventLoop& loop_;
  bool away_ = false;
  bool rejects_ = false;
  bool name_taken_ = false;
  bool knows_worker_ = false;
  bool repeat_offers_ = false;
  bool hold_acknowledgements_ = false;
  int sync_answers_to_lose_ = 0;
  std::vector<Assignment> offers_;
  std::vector<StopOrder> orders_;
  std::set<AttemptId> refused_;

  bool drain_ordered_ = false;
  std::optional<Capability> capability_;  // as it was set last
  std::optional<Capability> registered_;  // at the last registration
  SyncState last_sync_;
  SyncDone sync_done_;  // of the call that is held open
  std::unique_ptr<EventLoop::Timer> sync_timer_;
  int registrations_ = 0;
  int syncs_ = 0;
  int syncs_at_a_time_ = 0;
  int most_syncs_at_a_time_ = 0;

  std::shared_ptr<ReportHandlers> stream_;  // null while closed
  std::vector<ReportAnswer> held_answers_;
  mutable std::vector<ReportRecord> encoded_;  // a record travels as its index here
  std::map<AttemptId, std::vector<ReportRecord>> stored_;
  int repeated_records_ = 0;

  absl::Status upload_failure_;
  bool hold_uploads_ = false;
  std::vector<std::function<void()>> held_uploads_;
  int uploads_ = 0;
  int downloads_ = 0;
  int downloads_to_fail_ = 0;
  absl::Status download_failure_;
  std::map<std::string, std::string> blobs_;  // by hash
};

}  // namespace adares::worker
