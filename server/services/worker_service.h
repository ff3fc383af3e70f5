// WorkerService over the commit loop. Thread-safe.
#pragma once

#include <optional>
#include <string>

#include "adares/v1/worker_service.grpc.pb.h"
#include "server/coordinator/commit_loop.h"
#include "server/services/report_stream.h"
#include "server/services/sync_waiters.h"
#include "server/store/reader_pool.h"

namespace adares {

class WorkerServiceImpl final : public v1::WorkerService::CallbackService {
 public:
  // All must outlive the service.
  WorkerServiceImpl(CommitLoop* loop, SyncWaiters* waiters, ReaderPool* readers,
                    LeaseOptions options)
      : loop_(loop), waiters_(waiters), readers_(readers), options_(options) {}

  grpc::ServerUnaryReactor* RegisterWorker(grpc::CallbackServerContext* context,
                                           const v1::RegisterWorkerRequest* request,
                                           v1::RegisterWorkerResponse* response) override;
  grpc::ServerUnaryReactor* Sync(grpc::CallbackServerContext* context,
                                 const v1::SyncRequest* request,
                                 v1::SyncResponse* response) override;
  grpc::ServerBidiReactor<v1::ReportRequest, v1::ReportResponse>* Report(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* ListWorkers(grpc::CallbackServerContext* context,
                                        const v1::ListWorkersRequest* request,
                                        v1::ListWorkersResponse* response) override;
  grpc::ServerUnaryReactor* CordonWorker(grpc::CallbackServerContext* context,
                                         const v1::CordonWorkerRequest* request,
                                         v1::CordonWorkerResponse* response) override;
  grpc::ServerUnaryReactor* UncordonWorker(grpc::CallbackServerContext* context,
                                           const v1::UncordonWorkerRequest* request,
                                           v1::UncordonWorkerResponse* response) override;

  // The server stops: ends the report streams, with what they are storing acknowledged, and later
  // ones at once.
  void EndReports();

 private:
  template <typename Request>
  grpc::ServerUnaryReactor* SetCordon(grpc::CallbackServerContext* context, const Request& request,
                                      std::optional<std::string> why);

  CommitLoop* const loop_;
  SyncWaiters* const waiters_;
  ReaderPool* const readers_;
  const LeaseOptions options_;
  ReportStreams report_streams_;
};

}  // namespace adares
