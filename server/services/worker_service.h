// WorkerService over the commit loop. Thread-safe.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "adares/v1/worker_service.grpc.pb.h"
#include "server/coordinator/commit_loop.h"
#include "server/services/blob_access.h"
#include "server/services/change_rate.h"
#include "server/services/download_stream.h"
#include "server/services/report_stream.h"
#include "server/services/sync_waiters.h"
#include "server/services/upload_stream.h"
#include "server/services/write_call.h"
#include "server/store/reader_pool.h"

namespace adares {

// CallbackService, but with the bytes of Report.
template <typename Base>
using WithLists = v1::WorkerService::WithCallbackMethod_ListWorkers<
    v1::WorkerService::WithCallbackMethod_DrainWorker<
        v1::WorkerService::WithCallbackMethod_CordonWorker<
            v1::WorkerService::WithCallbackMethod_UncordonWorker<Base>>>>;
template <typename Base>
using WithBlobs = v1::WorkerService::WithCallbackMethod_GetUpload<
    v1::WorkerService::WithCallbackMethod_UploadBlob<
        v1::WorkerService::WithCallbackMethod_DownloadBlob<Base>>>;
template <typename Base>
using WithAttempts =
    v1::WorkerService::WithCallbackMethod_RegisterWorker<v1::WorkerService::WithCallbackMethod_Sync<
        v1::WorkerService::WithRawCallbackMethod_Report<Base>>>;
using WorkerServiceBase = WithAttempts<WithBlobs<WithLists<v1::WorkerService::Service>>>;

class WorkerServiceImpl final : public WorkerServiceBase {
 public:
  // All must outlive the service.
  struct Context {
    CommitLoop* loop = nullptr;
    ChangeRate* rate = nullptr;
    SyncWaiters* waiters = nullptr;
    ReaderPool* readers = nullptr;
    BlobStore* blobs = nullptr;
    FilePool* files = nullptr;
    UploadQuota* quota = nullptr;
    // Told what became of an upload (blob_access.h).
    std::function<void(const absl::Status&)> upload_ended;
    // How long an upload or a download may wait for the worker.
    std::chrono::milliseconds patience = std::chrono::minutes(1);
    size_t max_streams = 2'000;  // of each kind
  };
  WorkerServiceImpl(const Context& context, LeaseOptions options)
      : access_{context.loop, context.rate},
        waiters_(context.waiters),
        readers_(context.readers),
        upload_ended_(context.upload_ended),
        blobs_{context.loop, context.blobs, context.files, context.quota, &upload_ended_},
        patience_(context.patience),
        options_(options) {
    report_streams_.SetLimit(context.max_streams);
    upload_streams_.SetLimit(context.max_streams);
    download_streams_.SetLimit(context.max_streams);
  }

  grpc::ServerUnaryReactor* RegisterWorker(grpc::CallbackServerContext* context,
                                           const v1::RegisterWorkerRequest* request,
                                           v1::RegisterWorkerResponse* response) override;
  grpc::ServerUnaryReactor* Sync(grpc::CallbackServerContext* context,
                                 const v1::SyncRequest* request,
                                 v1::SyncResponse* response) override;
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Report(
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

  // Ends streams whose worker does nothing. Called now and then, not by gRPC's threads.
  void Tick(std::chrono::steady_clock::time_point now);

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

  const ChangeAccess access_;
  SyncWaiters* const waiters_;
  ReaderPool* const readers_;
  const std::function<void(const absl::Status&)> upload_ended_;  // before what points to it
  const BlobAccess blobs_;
  const std::chrono::milliseconds patience_;
  const LeaseOptions options_;
  ReportStreams report_streams_;
  UploadStreams upload_streams_;
  DownloadStreams download_streams_;
};

}  // namespace adares
