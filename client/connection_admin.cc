// The calls that look after a coordinator.
#include <utility>

#include "client/connection.h"
#include "client/connection_call.h"
#include "client/connection_impl.h"
#include "core/status.h"

namespace adares::client {

using grpc::health::v1::Health;
using grpc::health::v1::HealthCheckRequest;
using grpc::health::v1::HealthCheckResponse;

absl::StatusOr<v1::ServerInfo> Connection::GetServerInfo() {
  ADARES_ASSIGN_OR_RETURN(auto response,
                          Call(impl_->admin, impl_->limits, &v1::AdminService::Stub::GetServerInfo,
                               v1::GetServerInfoRequest()));
  return std::move(*response.mutable_server());
}

absl::StatusOr<v1::CheckHealthResponse> Connection::CheckHealth() {
  return Call(impl_->admin, impl_->limits, &v1::AdminService::Stub::CheckHealth,
              v1::CheckHealthRequest());
}

absl::StatusOr<bool> Connection::IsServing() {
  ADARES_ASSIGN_OR_RETURN(const auto response, Call(impl_->health, impl_->limits,
                                                    &Health::Stub::Check, HealthCheckRequest()));
  return response.status() == HealthCheckResponse::SERVING;
}

absl::Status Connection::BackupDatabase(
    const std::function<absl::Status(const v1::BackupDatabaseResponse&)>& each) {
  return ReadStream(impl_->admin, impl_->limits, &v1::AdminService::Stub::BackupDatabase,
                    v1::BackupDatabaseRequest(), each);
}

absl::Status Connection::CheckDatabase(
    const v1::CheckDatabaseRequest& request,
    const std::function<absl::Status(const v1::CheckDatabaseResponse&)>& each) {
  return ReadStream(impl_->admin, impl_->limits, &v1::AdminService::Stub::CheckDatabase, request,
                    each);
}

absl::Status Connection::PruneDatabase(
    const v1::PruneDatabaseRequest& request,
    const std::function<absl::Status(const v1::PruneDatabaseResponse&)>& each) {
  return ReadStream(impl_->admin, impl_->limits, &v1::AdminService::Stub::PruneDatabase, request,
                    each);
}

}  // namespace adares::client
