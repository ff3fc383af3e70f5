#include "worker/agent/grpc_coordinator_link.h"

#include <grpcpp/channel.h>

#include <chrono>
#include <utility>

#include "rpc/convert.h"
#include "rpc/grpc_status.h"

namespace adares::worker {
namespace {

// How long an answer may take, over what the coordinator may hold it back.
constexpr std::chrono::seconds kAnswerLimit{10};

template <typename Request, typename Response>
struct UnaryCall {
  grpc::ClientContext context;
  Request request;
  Response response;
};

template <typename Request, typename Response>
std::shared_ptr<UnaryCall<Request, Response>> MakeCall(Request request, Duration held_back) {
  auto call = std::make_shared<UnaryCall<Request, Response>>();
  call->request = std::move(request);
  call->context.set_deadline(std::chrono::system_clock::now() + kAnswerLimit + held_back);
  return call;
}

template <typename Answer, typename Response>
absl::StatusOr<Answer> AnswerOf(const grpc::Status& status, const Response& response) {
  if (!status.ok()) return FromGrpcStatus(status);
  return FromWire(response);
}

// A call's context holds the channel. It must go before the link can: were it the last to hold the
// channel, gRPC would take its callback thread down on that very thread, and abort.
template <typename Call>
void EndCall(std::shared_ptr<Call>& call, CallCount& calls) {
  call.reset();
  calls.End();
}

}  // namespace

GrpcCoordinatorLink::GrpcCoordinatorLink(const std::shared_ptr<grpc::Channel>& channel,
                                         WorkerIdentity identity, PostToOwner post)
    : identity_(std::move(identity)),
      post_(std::move(post)),
      stub_(v1::WorkerService::NewStub(channel)),
      uploads_(*stub_, identity_, post_),
      downloads_(*stub_, identity_, post_) {}

GrpcCoordinatorLink::~GrpcCoordinatorLink() {
  if (register_context_) register_context_->TryCancel();
  if (sync_context_) sync_context_->TryCancel();
  if (reports_) reports_->Abandon();
  calls_.WaitForNone();
}

std::string GrpcCoordinatorLink::Encode(const ReportRecord& record) const {
  return ToProto(record).SerializeAsString();
}

void GrpcCoordinatorLink::SetCapability(const Capability& capability) {
  identity_.capability = capability;
}

void GrpcCoordinatorLink::Register(std::function<void(absl::StatusOr<WorkerTerms>)> done) {
  auto call = MakeCall<v1::RegisterWorkerRequest, v1::RegisterWorkerResponse>(
      ToRegisterRequest(identity_), Duration::zero());
  register_context_ = std::shared_ptr<grpc::ClientContext>(call, &call->context);
  calls_.Begin();
  stub_->async()->RegisterWorker(
      &call->context, &call->request, &call->response,
      [this, call, done = std::move(done)](const grpc::Status& status) mutable {
        absl::StatusOr<WorkerTerms> terms = AnswerOf<WorkerTerms>(status, call->response);
        post_([done, terms = std::move(terms)] { done(terms); });
        EndCall(call, calls_);
      });
}

void GrpcCoordinatorLink::Sync(const SyncState& state,
                               std::function<void(absl::StatusOr<SyncOrders>)> done) {
  auto call =
      MakeCall<v1::SyncRequest, v1::SyncResponse>(ToSyncRequest(identity_, state), state.max_wait);
  sync_context_ = std::shared_ptr<grpc::ClientContext>(call, &call->context);
  calls_.Begin();
  stub_->async()->Sync(&call->context, &call->request, &call->response,
                       [this, call, done = std::move(done)](const grpc::Status& status) mutable {
                         absl::StatusOr<SyncOrders> orders =
                             AnswerOf<SyncOrders>(status, call->response);
                         post_([done, orders = std::move(orders)] { done(orders); });
                         EndCall(call, calls_);
                       });
}

void GrpcCoordinatorLink::CancelSync() {
  if (sync_context_) sync_context_->TryCancel();
}

void GrpcCoordinatorLink::OpenReports(ReportHandlers handlers) {
  reports_ = ReportStream::Open(*stub_, post_, calls_, std::move(handlers));
}

void GrpcCoordinatorLink::SendReport(const ReportBatch& batch) {
  if (reports_) reports_->Send(ToReportRequest(identity_, batch));
}

std::unique_ptr<Transfer> GrpcCoordinatorLink::Upload(const AttemptId& id,
                                                      const std::filesystem::path& folder,
                                                      UploadDone done) {
  return uploads_.Upload(id, folder, std::move(done));
}

std::unique_ptr<Transfer> GrpcCoordinatorLink::Download(const std::vector<CheckpointFile>& files,
                                                        const std::filesystem::path& folder,
                                                        std::function<void(absl::Status)> done) {
  return downloads_.Download(files, folder, std::move(done));
}

}  // namespace adares::worker
