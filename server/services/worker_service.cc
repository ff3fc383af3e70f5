#include "server/services/worker_service.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "core/status.h"
#include "rpc/convert.h"
#include "rpc/convert_worker.h"
#include "rpc/names.h"
#include "rpc/page_request.h"
#include "server/services/read_call.h"
#include "server/services/report_stream.h"
#include "server/services/write_call.h"

namespace adares {
namespace {

v1::ListWorkersResponse ResponseOf(const PageOf<WorkerRecord>& workers) {
  v1::ListWorkersResponse response;
  for (const WorkerRecord& worker : workers.items) {
    *response.add_workers() = ToProto(worker);
  }
  response.set_next_page_token(workers.next_token);
  return response;
}

// The file learns of renewed leases only now and then; the coordinator knows.
void SetLastSeen(const Coordinator& coordinator, v1::ListWorkersResponse& response) {
  for (v1::Worker& worker : *response.mutable_workers()) {
    const absl::StatusOr<std::string> name = ParseWorkerResource(worker.name());
    const std::optional<Timestamp> seen = name.ok() ? coordinator.LastSeen(*name) : std::nullopt;
    if (seen) *worker.mutable_last_seen_time() = ToProto(*seen);
  }
}

// A Sync that may wait: it must learn when its client gives up.
class SyncReactor final : public grpc::ServerUnaryReactor {
 public:
  SyncReactor(SyncWaiters* waiters, v1::SyncResponse* response)
      : waiters_(waiters), response_(response), ticket_(waiters->NewTicket()) {}

  // The reactor may be gone when this returns.
  void Start(SyncInput input, Duration max_wait) {
    waiters_->Sync(ticket_, std::move(input), max_wait,
                   [this](const absl::StatusOr<SyncOutput>& output) {
                     if (output.ok()) *response_ = ToProto(*output);
                     Finish(ToGrpcStatus(output.status()));
                   });
  }

 private:
  void OnCancel() override { waiters_->Cancel(ticket_); }
  void OnDone() override { delete this; }

  SyncWaiters* const waiters_;
  v1::SyncResponse* const response_;
  const int64_t ticket_;
};

}  // namespace

grpc::ServerUnaryReactor* WorkerServiceImpl::RegisterWorker(
    grpc::CallbackServerContext* context, const v1::RegisterWorkerRequest* request,
    v1::RegisterWorkerResponse* response) {
  absl::StatusOr<Registration> registration = FromProto(*request);
  if (!registration.ok()) return AnswerAtOnce(context, registration.status());
  // Each name gets a row.
  const absl::Status taken = access_.rate->Take(context->peer(), std::chrono::steady_clock::now());
  if (!taken.ok()) return AnswerAtOnce(context, taken);
  *response->mutable_sync_interval() = ToProto(options_.sync_interval);
  *response->mutable_lease_duration() = ToProto(options_.lease_duration);
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  access_.loop->Post(
      [registration = *std::move(registration)](Coordinator& coordinator, Timestamp now) {
        return coordinator.RegisterWorker(registration, now);
      },
      [reactor](const absl::Status& status) { reactor->Finish(ToGrpcStatus(status)); });
  return reactor;
}

grpc::ServerUnaryReactor* WorkerServiceImpl::Sync(grpc::CallbackServerContext* context,
                                                  const v1::SyncRequest* request,
                                                  v1::SyncResponse* response) {
  absl::StatusOr<SyncInput> input = FromProto(*request);
  if (!input.ok()) return AnswerAtOnce(context, input.status());
  auto* reactor = new SyncReactor(waiters_, response);
  // It is held for an interval at most: the leases of a worker that is gone must end.
  reactor->Start(*std::move(input), WaitOf(*request, options_.sync_interval));
  return reactor;
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* WorkerServiceImpl::Report(
    grpc::CallbackServerContext*) {
  return ReportStream::Begin(access_.loop, &report_streams_);
}

grpc::ServerUnaryReactor* WorkerServiceImpl::GetUpload(grpc::CallbackServerContext* context,
                                                       const v1::GetUploadRequest* request,
                                                       v1::GetUploadResponse* response) {
  const absl::StatusOr<UploadTarget> target = FromProto(request->upload());
  if (!target.ok()) return AnswerAtOnce(context, target.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  IfHeld(
      blobs_, *target,
      [blobs = blobs_.blobs, quota = blobs_.quota, id = target->id, blob = target->blob, reactor,
       response] {
        const Timestamp now = SystemNow();
        quota->Touch(id, blob.sha256, now);
        const absl::StatusOr<bool> is_whole = blobs->IsWhole(blob, now);
        if (is_whole.ok()) {
          response->set_complete(*is_whole);
          response->set_received_bytes(*is_whole ? blob.size_bytes : blobs->Received(blob));
        }
        reactor->Finish(ToGrpcStatus(is_whole.status()));
      },
      [reactor](const absl::Status& refused) { reactor->Finish(ToGrpcStatus(refused)); });
  return reactor;
}

grpc::ServerReadReactor<v1::UploadBlobRequest>* WorkerServiceImpl::UploadBlob(
    grpc::CallbackServerContext* /*context*/, v1::UploadBlobResponse* response) {
  return UploadStream::Begin(blobs_, &upload_streams_, response);
}

grpc::ServerWriteReactor<v1::DownloadBlobResponse>* WorkerServiceImpl::DownloadBlob(
    grpc::CallbackServerContext* context, const v1::DownloadBlobRequest* request) {
  return DownloadStream::Begin(context, blobs_, &download_streams_, *request);
}

void WorkerServiceImpl::Tick(std::chrono::steady_clock::time_point now) {
  upload_streams_.ForEach([&](UploadStream& stream) { stream.EndIfStuck(now, patience_); });
  download_streams_.ForEach([&](DownloadStream& stream) { stream.EndIfStuck(now, patience_); });
}

void WorkerServiceImpl::EndStreams() {
  report_streams_.Stop();
  upload_streams_.Stop();
  download_streams_.Stop();
}

grpc::ServerUnaryReactor* WorkerServiceImpl::ListWorkers(grpc::CallbackServerContext* context,
                                                         const v1::ListWorkersRequest* request,
                                                         v1::ListWorkersResponse* response) {
  const absl::StatusOr<Page> page = PageOfRequest(*request);
  if (!page.ok()) return AnswerAtOnce(context, page.status());
  return PostRead(context, readers_,
                  [page = *page, response, loop = access_.loop](Reader& reader,
                                                                grpc::ServerUnaryReactor* reactor) {
                    const absl::StatusOr<PageOf<WorkerRecord>> workers = reader.ListWorkers(page);
                    if (!workers.ok()) return reactor->Finish(ToGrpcStatus(workers.status()));
                    *response = ResponseOf(*workers);
                    const absl::Status posted =
                        loop->PostLook([response, reactor](const Coordinator& coordinator) {
                          SetLastSeen(coordinator, *response);
                          reactor->Finish(grpc::Status::OK);
                        });
                    if (!posted.ok()) reactor->Finish(ToGrpcStatus(posted));
                  });
}

grpc::ServerUnaryReactor* WorkerServiceImpl::CordonWorker(grpc::CallbackServerContext* context,
                                                          const v1::CordonWorkerRequest* request,
                                                          v1::CordonWorkerResponse* /*response*/) {
  const absl::StatusOr<std::string> why = ReasonOf(*request);
  if (!why.ok()) return AnswerAtOnce(context, why.status());
  return ActOn(context, *request,
               [why = *why](Coordinator& coordinator, const std::string& worker, Timestamp now) {
                 return coordinator.Cordon(worker, why, now);
               });
}

grpc::ServerUnaryReactor* WorkerServiceImpl::UncordonWorker(
    grpc::CallbackServerContext* context, const v1::UncordonWorkerRequest* request,
    v1::UncordonWorkerResponse* /*response*/) {
  return ActOn(context, *request,
               [](Coordinator& coordinator, const std::string& worker, Timestamp now) {
                 return coordinator.Cordon(worker, std::nullopt, now);
               });
}

grpc::ServerUnaryReactor* WorkerServiceImpl::DrainWorker(grpc::CallbackServerContext* context,
                                                         const v1::DrainWorkerRequest* request,
                                                         v1::DrainWorkerResponse* /*response*/) {
  return ActOn(context, *request,
               [](Coordinator& coordinator, const std::string& worker, Timestamp now) {
                 return coordinator.Drain(worker, now);
               });
}

template <typename Request>
grpc::ServerUnaryReactor* WorkerServiceImpl::ActOn(grpc::CallbackServerContext* context,
                                                   const Request& request, WorkerAction action) {
  const absl::StatusOr<std::string> name = ParseWorkerResource(request.name());
  if (!name.ok()) return AnswerAtOnce(context, name.status());
  const absl::StatusOr<RequestKey> key = RequestKeyOf(request);
  if (!key.ok()) return AnswerAtOnce(context, key.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  CallOnce(
      access_, *context, *key,
      [name = *name, action = std::move(action)](Coordinator& coordinator,
                                                 Timestamp now) -> absl::StatusOr<std::string> {
        ADARES_RETURN_IF_ERROR(action(coordinator, name, now));
        return std::string();
      },
      [reactor](const absl::StatusOr<std::string>& done) {
        reactor->Finish(ToGrpcStatus(done.status()));
      });
  return reactor;
}

}  // namespace adares
