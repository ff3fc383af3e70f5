#include "tests/worker/small_coordinator.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <algorithm>
#include <chrono>

#include "core/status.h"
#include "rpc/grpc_status.h"

namespace adares::worker {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kLimit{60};
constexpr milliseconds kPoll{10};

}  // namespace

SmallCoordinator::SmallCoordinator(const std::string& address) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials());
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
}

SmallCoordinator::~SmallCoordinator() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  server_->Shutdown(std::chrono::system_clock::now());
}

void SmallCoordinator::Offer(const v1::Assignment& assignment) {
  const std::lock_guard lock(mutex_);
  *wanted_.add_start() = assignment;
  changed_.notify_all();
}

void SmallCoordinator::Order(const v1::StopOrder& order) {
  const std::lock_guard lock(mutex_);
  *wanted_.add_stop() = order;
  changed_.notify_all();
}

void SmallCoordinator::RefuseReports() {
  const std::lock_guard lock(mutex_);
  refuse_ = true;
}

void SmallCoordinator::RejectRegistrations() {
  const std::lock_guard lock(mutex_);
  reject_ = true;
}

bool SmallCoordinator::WaitUntil(const std::function<bool()>& condition) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kLimit, condition);
}

grpc::Status SmallCoordinator::RegisterWorker(grpc::ServerContext*,
                                              const v1::RegisterWorkerRequest* request,
                                              v1::RegisterWorkerResponse* response) {
  const std::lock_guard lock(mutex_);
  if (reject_) {
    return ToGrpcStatus(MakeError(absl::StatusCode::kInvalidArgument, reason::kArgumentInvalid,
                                  "another worker has its name"));
  }
  registrations.push_back(*request);
  response->mutable_sync_interval()->set_seconds(5);
  response->mutable_lease_duration()->set_seconds(30);
  changed_.notify_all();
  return grpc::Status::OK;
}

grpc::Status SmallCoordinator::Sync(grpc::ServerContext* context, const v1::SyncRequest* request,
                                    v1::SyncResponse* response) {
  std::unique_lock lock(mutex_);
  if (registrations.empty()) {
    return ToGrpcStatus(
        MakeError(absl::StatusCode::kNotFound, reason::kWorkerUnknown, "never heard of it"));
  }
  syncs.push_back(*request);
  changed_.notify_all();
  ForgetWhatIsKnown(*request);
  const auto until =
      std::chrono::steady_clock::now() + std::chrono::seconds(request->max_wait().seconds());
  const auto has_answer = [&] {
    return closing_ || context->IsCancelled() || wanted_.start_size() + wanted_.stop_size() > 0;
  };
  while (!has_answer() && std::chrono::steady_clock::now() < until) {
    changed_.wait_for(lock, kPoll);  // nobody tells of a cancelled call
  }
  if (context->IsCancelled()) return grpc::Status::CANCELLED;
  *response = wanted_;
  wanted_.clear_stop();
  return grpc::Status::OK;
}

// An answer may be lost with a call that the worker gave up, so that what it is to start is told
// until it says that it has it.
void SmallCoordinator::ForgetWhatIsKnown(const v1::SyncRequest& request) {
  const auto is_known = [&](const v1::Assignment& assignment) {
    const auto reported = records.find(assignment.attempt());
    return (reported != records.end() && !reported->second.empty()) ||
           std::any_of(request.attempts().begin(), request.attempts().end(),
                       [&](const v1::HeldAttempt& held) {
                         return held.trial() == assignment.trial() &&
                                held.attempt() == assignment.attempt();
                       });
  };
  auto* const starts = wanted_.mutable_start();
  starts->erase(std::remove_if(starts->begin(), starts->end(), is_known), starts->end());
}

grpc::Status SmallCoordinator::Report(
    grpc::ServerContext*, grpc::ServerReaderWriter<v1::ReportResponse, v1::ReportRequest>* stream) {
  v1::ReportRequest request;
  while (stream->Read(&request)) stream->Write(Store(request));
  return grpc::Status::OK;
}

v1::ReportResponse SmallCoordinator::Store(const v1::ReportRequest& request) {
  const std::lock_guard lock(mutex_);
  v1::ReportResponse response;
  response.set_trial(request.trial());
  response.set_attempt(request.attempt());
  reports.push_back(request);
  auto& stored = records[request.attempt()];
  int64_t sequence = request.first_sequence();
  for (const v1::Record& record : request.records()) {
    const auto last = static_cast<int64_t>(stored.size());
    if (refuse_ || sequence > last + 1) break;  // after a gap nothing is stored
    if (sequence++ > last) stored.push_back(record);
  }
  if (refuse_) {
    response.mutable_refused()->set_reason("LEASE_LOST");
    response.mutable_refused()->set_message("it is another's");
  } else {
    response.set_acknowledged_sequence(static_cast<int64_t>(stored.size()));
  }
  changed_.notify_all();
  return response;
}

}  // namespace adares::worker
