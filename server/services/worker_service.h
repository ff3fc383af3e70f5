// WorkerService over the commit loop. Thread-safe.
#pragma once

#include <functional>
#include <string>

#include "adares/v1/worker_service.grpc.pb.h"
#include "server/coordinator/commit_loop.h"
#include "server/services/blob_access.h"
#include "server/services/download_stream.h"
#include "server/services/report_stream.h"
#include "server/services/sync_waiters.h"
#include "server/services/upload_stream.h"
#include "server/store/reader_pool.h"

namespace adares {

class WorkerServiceImpl final : public v1::WorkerService::CallbackService {
 public:
  // All must outlive the service.
  struct Context {
    CommitLoop* loop = nullptr;
    SyncWaiters* waiters = nullptr;
    ReaderPool* readers = nullptr;
    BlobStore* blobs = nullptr;
    FilePool* files = nullptr;
  };
  WorkerServiceImpl(const Context& context, LeaseOptions options)
      : loop_(context.loop),
        waiters_(context.waiters),
        readers_(context.readers),
        blobs_{context.loop, context.blobs, context.files},
        options_(options) {}

  grpc::ServerUnaryReactor* RegisterWorker(grpc::CallbackServerContext* context,
                                           const v1::RegisterWorkerRequest* request,
                                           v1::RegisterWorkerResponse* response) override;
  grpc::ServerUnaryReactor* Sync(grpc::CallbackServerContext* context,
                                 const v1::SyncRequest* request,
                                 v1::SyncResponse* response) override;
  grpc::ServerBidiReactor<v1::ReportRequest, v1::ReportResponse>* Report(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* GetUpload(grpc::CallbackServerContext* context,
                                      const v1::GetUploadRequest* request,
                                      v1::GetUploadResponse* response) override;
  grpc::ServerReadReactor<v1::UploadBlobRequest>* UploadBlob(
      grpc::CallbackServerContext* context, v1::UploadBlobResponse* response) override;
  grpc::ServerWriteReactor<v1::DownloadBlobResponse>* DownloadBlob(
      grpc::CallbackServerContext* context, const v1::DownloadBlobRequest* request) override;
  grpc::ServerUnaryReactor* ListWorkers(grpc::CallbackServerContext* context,
                                        const v1::ListWorkersRequest* request,
                                        v1::ListWorkersResponse* response) override;
  grpc::ServerUnaryReactor* CordonWorker(grpc::CallbackServerContext* context,
                                         const v1::CordonWorkerRequest* request,
                                         v1::CordonWorkerResponse* response) override;
  grpc::ServerUnaryReactor* UncordonWorker(grpc::CallbackServerContext* context,
                                           const v1::UncordonWorkerRequest* request,
                                           v1::UncordonWorkerResponse* response) override;
  grpc::ServerUnaryReactor* DrainWorker(grpc::CallbackServerContext* context,
                                        const v1::DrainWorkerRequest* request,
                                        v1::DrainWorkerResponse* response) override;

  // The server stops: ends the streams, and later ones at once. What report streams are storing is
  // acknowledged before.
  void EndStreams();

 private:
  // What is done to a worker by name, once for each request.
  using WorkerAction =
      std::function<absl::Status(Coordinator&, const std::string& worker, Timestamp now)>;
  template <typename Request>
  grpc::ServerUnaryReactor* ActOn(grpc::CallbackServerContext* context, const Request& request,
                                  WorkerAction action);

  CommitLoop* const loop_;
  SyncWaiters* const waiters_;
  ReaderPool* const readers_;
  const BlobAccess blobs_;
  const LeaseOptions options_;
  ReportStreams report_streams_;
  UploadStreams upload_streams_;
  DownloadStreams download_streams_;
};

}  // namespace adares
