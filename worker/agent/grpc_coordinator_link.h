// The link of production: adares.v1.WorkerService over gRPC's callback API.
#pragma once

#include <memory>
#include <string>

#include "worker/agent/blob_transfers.h"
#include "worker/agent/call_count.h"
#include "worker/agent/coordinator_link.h"
#include "worker/agent/report_stream.h"
#include "worker/agent/wire.h"

namespace adares::worker {

class GrpcCoordinatorLink : public CoordinatorLink {
 public:
  // `post` runs actions on the owner thread and is used until the link is destroyed.
  GrpcCoordinatorLink(const std::shared_ptr<grpc::Channel>& channel, WorkerIdentity identity,
                      PostToOwner post);
  // Cancels what is under way and waits for its end; never on a thread of gRPC.
  ~GrpcCoordinatorLink() override;

  std::string Encode(const ReportRecord& record) const override;
  void SetCapability(const Capability& capability) override;
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

 private:
  WorkerIdentity identity_;
  const PostToOwner post_;
  const std::unique_ptr<v1::WorkerService::Stub> stub_;
  CallCount calls_;
  std::shared_ptr<grpc::ClientContext> register_context_;  // of the latest call
  std::shared_ptr<grpc::ClientContext> sync_context_;      // of the latest call
  std::shared_ptr<ReportStream> reports_;                  // the latest
  // Apart: a trial that waits for its checkpoint does not wait for those of others as well.
  BlobTransfers uploads_;
  BlobTransfers downloads_;
};

}  // namespace adares::worker
