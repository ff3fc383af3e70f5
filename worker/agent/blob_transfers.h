// Brings files to the coordinator and from it. A thread of its own reads, hashes and writes them
// and waits in blocking calls, one file after another: neither the owner thread nor gRPC's waits
// for a disk.
#pragma once

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "adares/v1/worker_service.grpc.pb.h"
#include "worker/agent/coordinator_link.h"
#include "worker/agent/wire.h"

namespace adares::worker {

// Methods are for the owner thread, where results come as well.
class BlobTransfers {
 public:
  using PostToOwner = std::function<void(std::function<void()>)>;

  // `stub` and `identity` must outlive it.
  BlobTransfers(v1::WorkerService::Stub& stub, const WorkerIdentity& identity, PostToOwner post);
  // Cancels what is under way and waits for its end.
  ~BlobTransfers();
  BlobTransfers(const BlobTransfers&) = delete;
  BlobTransfers& operator=(const BlobTransfers&) = delete;

  // As those of CoordinatorLink.
  std::unique_ptr<Transfer> Upload(
      const AttemptId& id, const std::filesystem::path& folder,
      std::function<void(absl::StatusOr<std::vector<CheckpointFile>>)> done);
  std::unique_ptr<Transfer> Download(const std::vector<CheckpointFile>& files,
                                     const std::filesystem::path& folder,
                                     std::function<void(absl::Status)> done);

  struct Job;

 private:
  class Handle;

  std::unique_ptr<Transfer> Start(std::shared_ptr<Job> job);
  void Run();

  // In the thread.
  absl::StatusOr<std::vector<CheckpointFile>> UploadFolder(Job& job, const AttemptId& id,
                                                           const std::filesystem::path& folder);
  absl::Status UploadFile(Job& job, const v1::BlobUpload& upload,
                          const std::filesystem::path& path);
  absl::Status SendFile(Job& job, const v1::BlobUpload& upload, int64_t offset,
                        const std::filesystem::path& path);
  absl::Status DownloadFile(Job& job, const CheckpointFile& file,
                            const std::filesystem::path& path);

  v1::WorkerService::Stub& stub_;
  const WorkerIdentity& identity_;
  const PostToOwner post_;

  std::mutex mutex_;  // guards the three after the condition
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Job>> jobs_;
  std::shared_ptr<Job> current_;
  bool closing_ = false;
  std::jthread thread_;  // last: it uses all of the above
};

}  // namespace adares::worker
