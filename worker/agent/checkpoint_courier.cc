#include "worker/agent/checkpoint_courier.h"

#include <spdlog/spdlog.h>

#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "core/trainer_protocol.h"
#include "worker/agent/attempt_folders.h"
#include "worker/agent/disk_error.h"

namespace adares::worker {
namespace {

namespace fs = std::filesystem;

constexpr Duration kFirstPause = std::chrono::seconds(1);
constexpr Duration kLongestPause = std::chrono::minutes(1);

bool IsAway(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

// What would be answered to each try: there is no store, the lease is lost, or the call is wrong.
// All else may pass: full and failing disks are mended, and bytes that were damaged are sent anew.
bool IsFinal(const absl::Status& status) {
  return absl::IsUnimplemented(status) || absl::IsAborted(status) ||
         absl::IsInvalidArgument(status);
}

}  // namespace

CheckpointCourier::CheckpointCourier(AttemptId id, Context context, Handlers handlers)
    : id_(std::move(id)),
      context_(std::move(context)),
      handlers_(std::move(handlers)),
      backoff_(kFirstPause, kLongestPause) {}

fs::path CheckpointCourier::trainer_folder() const {
  std::error_code ignored;  // fails only where the working folder is gone
  return fs::absolute(context_.folder / AttemptFolders::kCheckpointFolder, ignored);
}

fs::path CheckpointCourier::UploadFolderOf(const Checkpoint& checkpoint) const {
  return context_.folder / AttemptFolders::kUploadFolder /
         trainer_protocol::CheckpointFolderName(checkpoint.step);
}

void CheckpointCourier::Fetch(const Checkpoint& checkpoint, FetchDone done) {
  fetching_ = checkpoint;
  fetched_ = std::move(done);
  fetch_until_ = context_.loop.Now() + kFetchLimit;
  TryToFetch();
}

void CheckpointCourier::TryToFetch() {
  timer_.reset();
  transfer_ =
      context_.link.Download(fetching_->files, context_.folder / AttemptFolders::kFetchFolder,
                             [this](const absl::Status& status) { Fetched(status); });
}

void CheckpointCourier::Fetched(absl::Status status) {
  transfer_.reset();
  if (status.ok()) status = PutFetchedInPlace();
  if (status.ok()) {
    spdlog::info("event=checkpoint_fetched sweep={} trial={} attempt={} step={}", id_.sweep,
                 id_.trial, id_.attempt, fetching_->step);
  } else {
    spdlog::warn("event=checkpoint_not_fetched sweep={} trial={} attempt={} step={} error={:?}",
                 id_.sweep, id_.trial, id_.attempt, fetching_->step, std::string(status.message()));
    if (FetchesAgain(status)) {
      timer_ = context_.loop.After(backoff_.Next(), [this] { TryToFetch(); });
      return;
    }
    std::error_code ignored;
    fs::remove_all(context_.folder / AttemptFolders::kFetchFolder, ignored);
  }
  fetching_.reset();
  backoff_.Reset();
  std::exchange(fetched_, nullptr)(status);
}

// What is lost by a wrong no is all that earlier attempts trained. An outage has no limit: if it is
// ours alone, the lease ends, and the attempt with it.
bool CheckpointCourier::FetchesAgain(const absl::Status& status) {
  if (absl::IsNotFound(status) || IsDiskError(status)) return false;
  // The coordinator that finds it damaged has it no more, and says so when it is asked again.
  const bool is_its_own = ErrorReason(status) == reason::kBlobMismatch;
  if (absl::IsDataLoss(status) && !is_its_own) return !std::exchange(came_damaged_, true);
  if (IsAway(status)) fetch_until_ = context_.loop.Now() + kFetchLimit;
  return context_.loop.Now() < fetch_until_;
}

absl::Status CheckpointCourier::PutFetchedInPlace() const {
  std::error_code error;
  fs::create_directories(trainer_folder(), error);
  if (!error) {
    fs::rename(context_.folder / AttemptFolders::kFetchFolder,
               trainer_folder() / trainer_protocol::CheckpointFolderName(fetching_->step), error);
  }
  if (!error) return absl::OkStatus();
  return DiskError(
      absl::StrCat("cannot put it in ", trainer_folder().string(), ": ", error.message()));
}

void CheckpointCourier::Take(const Checkpoint& checkpoint) {
  const fs::path written =
      trainer_folder() / trainer_protocol::CheckpointFolderName(checkpoint.step);
  std::error_code error;
  if (unsupported_) {
    fs::remove_all(written, error);
    return;
  }
  const fs::path ours = UploadFolderOf(checkpoint);
  fs::create_directories(ours.parent_path(), error);
  if (!error) fs::rename(written, ours, error);
  if (error) {
    spdlog::warn("event=checkpoint_lost sweep={} trial={} attempt={} step={} error={:?}", id_.sweep,
                 id_.trial, id_.attempt, checkpoint.step, error.message());
    return;
  }
  // One that has failed and waits for its next try need not be tried: this one is newer.
  if (current_ && timer_) Remove(*std::exchange(current_, std::nullopt));
  if (current_) {
    if (waiting_) Remove(*waiting_);
    waiting_ = checkpoint;
    return;
  }
  current_ = checkpoint;
  Upload();
}

void CheckpointCourier::Upload() {
  timer_.reset();
  transfer_ = context_.link.Upload(
      id_, UploadFolderOf(*current_),
      [this](const absl::StatusOr<std::vector<CheckpointFile>>& files) { Uploaded(files); });
}

void CheckpointCourier::Uploaded(const absl::StatusOr<std::vector<CheckpointFile>>& files) {
  transfer_.reset();
  upload_failure_ = files.status();
  if (files.ok()) {
    spdlog::info("event=checkpoint_uploaded sweep={} trial={} attempt={} step={}", id_.sweep,
                 id_.trial, id_.attempt, current_->step);
    backoff_.Reset();
    Checkpoint whole = *current_;
    whole.files = *files;
    handlers_.uploaded(whole);
    return Next();
  }
  spdlog::warn("event=checkpoint_upload_failed sweep={} trial={} attempt={} step={} error={:?}",
               id_.sweep, id_.trial, id_.attempt, current_->step, files.status().ToString());
  unsupported_ |= absl::IsUnimplemented(files.status());
  if (waiting_ || IsFinal(files.status())) return Next();
  timer_ = context_.loop.After(backoff_.Next(), [this] { Upload(); });
}

void CheckpointCourier::Next() {
  Remove(*std::exchange(current_, std::exchange(waiting_, std::nullopt)));
  if (current_) return Upload();
  handlers_.settled();
}

void CheckpointCourier::Hurry() {
  backoff_.Reset();
  if (current_ && timer_) Upload();
}

void CheckpointCourier::Drop() {
  transfer_.reset();
  timer_.reset();
  fetching_.reset();
  fetched_ = nullptr;
  if (current_) Remove(*std::exchange(current_, std::nullopt));
  if (waiting_) Remove(*std::exchange(waiting_, std::nullopt));
}

// What cannot be removed now goes with the attempt's folder.
void CheckpointCourier::Remove(const Checkpoint& checkpoint) const {
  std::error_code ignored;
  fs::remove_all(UploadFolderOf(checkpoint), ignored);
}

}  // namespace adares::worker
