// AdminService over the commit loop, the reader pool and the maintenance thread. Thread-safe.
#pragma once

#include <functional>
#include <string>

#include "adares/v1/admin_service.grpc.pb.h"
#include "core/records.h"
#include "server/artifacts/blob_store.h"
#include "server/coordinator/commit_loop.h"
#include "server/maintenance/maintenance_thread.h"
#include "server/state_folder.h"
#include "server/store/reader_pool.h"

namespace adares {

// What the service works with, and what it tells of the server around it. All must outlive it.
struct AdminContext {
  const StateFolder* folder = nullptr;
  CommitLoop* loop = nullptr;
  ReaderPool* readers = nullptr;
  MaintenanceThread* maintenance = nullptr;
  const BlobStore* blobs = nullptr;
  // What does not change while it runs: version, start, options.
  v1::ServerInfo constants;
  // Cheap, from atomics only.
  std::function<v1::CheckHealthResponse()> health;
  // A backup was handed over whole.
  std::function<void(Timestamp taken_at)> backed_up;
  // How long a message may wait for its reader.
  std::chrono::milliseconds patience = std::chrono::minutes(1);
};

class AdminServiceImpl final : public v1::AdminService::CallbackService {
 public:
  explicit AdminServiceImpl(AdminContext context) : context_(std::move(context)) {}

  grpc::ServerUnaryReactor* GetServerInfo(grpc::CallbackServerContext* context,
                                          const v1::GetServerInfoRequest* request,
                                          v1::GetServerInfoResponse* response) override;
  grpc::ServerUnaryReactor* CheckHealth(grpc::CallbackServerContext* context,
                                        const v1::CheckHealthRequest* request,
                                        v1::CheckHealthResponse* response) override;
  grpc::ServerWriteReactor<v1::BackupDatabaseResponse>* BackupDatabase(
      grpc::CallbackServerContext* context, const v1::BackupDatabaseRequest* request) override;
  grpc::ServerWriteReactor<v1::CheckDatabaseResponse>* CheckDatabase(
      grpc::CallbackServerContext* context, const v1::CheckDatabaseRequest* request) override;
  grpc::ServerWriteReactor<v1::PruneDatabaseResponse>* PruneDatabase(
      grpc::CallbackServerContext* context, const v1::PruneDatabaseRequest* request) override;

 private:
  const AdminContext context_;
};

}  // namespace adares
