// A WorkerService over a real server, small enough to be right: hands out one list of trials,
// stores records once, acknowledges.
#pragma once

#include <grpcpp/server.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "adares/v1/worker_service.grpc.pb.h"

namespace adares::worker {

// Thread-safe.
class SmallCoordinator : public v1::WorkerService::Service {
 public:
  // Listens on `address` ("unix:PATH").
  explicit SmallCoordinator(const std::string& address);
  ~SmallCoordinator() override;

  void Offer(const v1::Assignment& assignment);  // given once
  void Order(const v1::StopOrder& order);        // given once
  void RefuseReports();
  void RejectRegistrations();

  // Waits, with a generous limit, until the condition holds of what is stored; false at the limit.
  // `this` may be read freely in it.
  bool WaitUntil(const std::function<bool()>& condition);

  // What it knows; for conditions, or when nothing happens any more.
  std::vector<v1::RegisterWorkerRequest> registrations;
  std::vector<v1::SyncRequest> syncs;
  std::vector<v1::ReportRequest> reports;
  std::map<int32_t, std::vector<v1::Record>> records;  // by attempt

  grpc::Status RegisterWorker(grpc::ServerContext* context,
                              const v1::RegisterWorkerRequest* request,
                              v1::RegisterWorkerResponse* response) override;
  grpc::Status Sync(grpc::ServerContext* context, const v1::SyncRequest* request,
                    v1::SyncResponse* response) override;
  grpc::Status Report(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::ReportResponse, v1::ReportRequest>* stream) override;

 private:
  v1::ReportResponse Store(const v1::ReportRequest& request);
  void ForgetWhatIsKnown(const v1::SyncRequest& request);

  std::mutex mutex_;
  std::condition_variable changed_;
  v1::SyncResponse wanted_;
  bool refuse_ = false;
  bool reject_ = false;
  bool closing_ = false;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace adares::worker
