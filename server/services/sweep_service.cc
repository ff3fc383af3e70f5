#include "server/services/sweep_service.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "core/sweep_spec.h"
#include "rpc/convert.h"
#include "rpc/names.h"
#include "rpc/page_request.h"
#include "server/services/follow_stream.h"
#include "server/services/read_call.h"

namespace adares {
namespace {

absl::StatusOr<SweepPlan> PlanOf(const v1::CreateSweepRequest& request) {
  std::vector<Override> overrides;
  for (const v1::SpecOverride& entry : request.overrides()) {
    overrides.push_back({entry.path(), entry.value()});
  }
  return LoadSweep(request.spec_text(), request.origin().empty() ? "sweep" : request.origin(),
                   overrides);
}

// What CreateSweep did.
constexpr std::string_view kCreated = "created";
constexpr std::string_view kExisted = "existed";

constexpr int kMaxOverrides = 1'000;

// What a trial takes in memory before it is stored, with its share of its variant, roughly.
constexpr size_t kBytesOfPlannedTrial = 2'048;

// Keeps a message of WatchSweep at some hundred kilobytes, however large the sweep; where trials
// are large, a reader ends it earlier.
constexpr int kTrialsPerMessage = 500;

// What the sweep would be, for a dry run.
SweepRecord Preview(const SweepPlan& plan, const std::string& spec_text) {
  SweepRecord sweep;
  sweep.name = plan.name;
  sweep.title = plan.title;
  sweep.labels = plan.labels;
  sweep.schedule = plan.schedule;
  sweep.objective = plan.objective;
  sweep.axes = plan.axes;
  sweep.seeds = plan.seeds;
  sweep.baseline = plan.baseline;
  sweep.variant_count = static_cast<int32_t>(plan.variants.size());
  sweep.counts.queued = static_cast<int32_t>(plan.trials.size());
  sweep.created_at = SystemNow();
  sweep.spec_text = spec_text;
  sweep.spec_digest = plan.digest;
  return sweep;
}

absl::StatusOr<v1::CreateSweepResponse> DryRun(Reader& reader, const SweepPlan& plan,
                                               const std::string& spec_text) {
  v1::CreateSweepResponse response;
  const absl::StatusOr<SweepRecord> existing = reader.GetSweep(plan.name);
  if (absl::IsNotFound(existing.status())) {
    *response.mutable_sweep() = ToProto(Preview(plan, spec_text));
    return response;
  }
  ADARES_RETURN_IF_ERROR(existing.status());
  ADARES_RETURN_IF_ERROR(CheckSameContent(plan, existing->spec_digest));
  *response.mutable_sweep() = ToProto(*existing);
  response.set_already_existed(true);
  return response;
}

// A sweep that does not exist yet reads as it was just created.
void AnswerWithSweep(ReaderPool* readers, const std::string& name, bool already_existed,
                     v1::CreateSweepResponse* response, grpc::ServerUnaryReactor* reactor) {
  readers->Post([=](Reader& reader) {
    const absl::StatusOr<SweepRecord> sweep = reader.GetSweep(name);
    if (sweep.ok()) {
      *response->mutable_sweep() = ToProto(*sweep);
      response->set_already_existed(already_existed);
    }
    reactor->Finish(ToGrpcStatus(sweep.status()));
  });
}

class SweepWatch final : public FollowStream<v1::WatchSweepResponse> {
 public:
  // An error in `sweep`, the parsed name, ends the stream.
  SweepWatch(grpc::CallbackServerContext* context, ChangeHub* hub, ReaderPool* readers,
             absl::StatusOr<std::string> sweep, int64_t revision)
      : FollowStream(context, hub, readers), sweep_(std::move(sweep)), cursor_{revision} {
    if (sweep_.ok()) SetTopic(*sweep_);
  }

 private:
  absl::StatusOr<Step> Next(Reader& reader, bool heartbeat) override {
    ADARES_RETURN_IF_ERROR(sweep_.status());
    ADARES_ASSIGN_OR_RETURN(const SweepChanges changes,
                            reader.ChangesSince(*sweep_, cursor_, kTrialsPerMessage));
    Step step;
    step.more = changes.more;
    step.finished = IsFinal(changes.sweep.state) && !changes.more;
    const bool news =
        !sent_ || !changes.trials.empty() || changes.sweep.pending != pending_ || step.finished;
    if (!news && !heartbeat) return step;
    v1::WatchSweepResponse message;
    *message.mutable_sweep() = ToProto(changes.sweep);
    pending_ = changes.sweep.pending;
    for (const TrialRecord& trial : changes.trials) *message.add_trials() = ToProto(trial);
    message.set_revision(changes.revision);
    cursor_ = changes.next;
    sent_ = true;
    step.message = std::move(message);
    return step;
  }

  const absl::StatusOr<std::string> sweep_;
  ChangeCursor cursor_;
  bool sent_ = false;
  std::vector<PendingReason> pending_;  // as it was sent
};

}  // namespace

// Reading and expanding a file of many trials takes its time, which gRPC's threads do not have.
grpc::ServerUnaryReactor* SweepServiceImpl::CreateSweep(grpc::CallbackServerContext* context,
                                                        const v1::CreateSweepRequest* request,
                                                        v1::CreateSweepResponse* response) {
  if (request->overrides_size() > kMaxOverrides) {
    return AnswerAtOnce(context,
                        InvalidField("overrides", absl::StrCat("at most ", kMaxOverrides)));
  }
  const auto plan_it = [this, context, request, response](Reader& reader,
                                                          grpc::ServerUnaryReactor* reactor) {
    absl::StatusOr<SweepPlan> plan = PlanOf(*request);
    if (!plan.ok()) return reactor->Finish(ToGrpcStatus(plan.status()));
    if (!request->validate_only()) {
      return Submit(*std::move(plan), context, *request, response, reactor);
    }
    absl::StatusOr<v1::CreateSweepResponse> preview = DryRun(reader, *plan, request->spec_text());
    if (preview.ok()) *response = *std::move(preview);
    reactor->Finish(ToGrpcStatus(preview.status()));
  };
  return PostRead(context, readers_, plan_it);
}

void SweepServiceImpl::Submit(SweepPlan plan, grpc::CallbackServerContext* context,
                              const v1::CreateSweepRequest& request,
                              v1::CreateSweepResponse* response,
                              grpc::ServerUnaryReactor* reactor) {
  const absl::StatusOr<RequestKey> key = RequestKeyOf(request);
  if (!key.ok()) return reactor->Finish(ToGrpcStatus(key.status()));
  auto shared = std::make_shared<const SweepPlan>(std::move(plan));
  const size_t bytes = request.spec_text().size() + shared->trials.size() * kBytesOfPlannedTrial;
  CallOnce(
      changes_, *context, *key,
      [shared, context, text = request.spec_text()](Coordinator& coordinator,
                                                    Timestamp now) -> absl::StatusOr<std::string> {
        if (context->IsCancelled()) return absl::CancelledError("the call was given up");
        ADARES_ASSIGN_OR_RETURN(const bool existed, coordinator.CreateSweep(*shared, text, now));
        return std::string(existed ? kExisted : kCreated);
      },
      [shared, reactor, response, readers = readers_](const absl::StatusOr<std::string>& outcome) {
        if (!outcome.ok()) return reactor->Finish(ToGrpcStatus(outcome.status()));
        AnswerWithSweep(readers, shared->name, *outcome == kExisted, response, reactor);
      },
      bytes);
}

grpc::ServerUnaryReactor* SweepServiceImpl::GetSweep(grpc::CallbackServerContext* context,
                                                     const v1::GetSweepRequest* request,
                                                     v1::GetSweepResponse* response) {
  const absl::StatusOr<std::string> name = ParseSweepResource(request->name());
  if (!name.ok()) return AnswerAtOnce(context, name.status());
  return AnswerFromReader(context, readers_, response,
                          [name = *name](Reader& reader) -> absl::StatusOr<v1::GetSweepResponse> {
                            ADARES_ASSIGN_OR_RETURN(const SweepRecord sweep, reader.GetSweep(name));
                            v1::GetSweepResponse message;
                            *message.mutable_sweep() = ToProto(sweep);
                            return message;
                          });
}

grpc::ServerUnaryReactor* SweepServiceImpl::ListSweeps(grpc::CallbackServerContext* context,
                                                       const v1::ListSweepsRequest* request,
                                                       v1::ListSweepsResponse* response) {
  const absl::StatusOr<Page> page = PageOfRequest(*request);
  if (!page.ok()) return AnswerAtOnce(context, page.status());
  return AnswerFromReader(context, readers_, response,
                          [page = *page](Reader& reader) -> absl::StatusOr<v1::ListSweepsResponse> {
                            ADARES_ASSIGN_OR_RETURN(const PageOf<SweepRecord> sweeps,
                                                    reader.ListSweeps(page));
                            v1::ListSweepsResponse message;
                            for (const auto& sweep : sweeps.items) {
                              *message.add_sweeps() = ToProto(sweep);
                            }
                            message.set_next_page_token(sweeps.next_token);
                            return message;
                          });
}

template <typename Request, typename Response>
grpc::ServerUnaryReactor* SweepServiceImpl::ControlSweep(grpc::CallbackServerContext* context,
                                                         const Request& request, Response* response,
                                                         ControlAction action) {
  const absl::StatusOr<std::string> name = ParseSweepResource(request.name());
  if (!name.ok()) return AnswerAtOnce(context, name.status());
  const absl::StatusOr<RequestKey> key = RequestKeyOf(request);
  if (!key.ok()) return AnswerAtOnce(context, key.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  CallOnce(
      changes_, *context, *key,
      [name = *name, action](Coordinator& coordinator,
                             Timestamp now) -> absl::StatusOr<std::string> {
        ADARES_ASSIGN_OR_RETURN(const ControlOutcome outcome,
                                coordinator.Control(name, {}, action, now));
        return absl::StrCat(outcome.changed.size());
      },
      [name = *name, reactor, response, readers = readers_](absl::StatusOr<std::string> changed) {
        if (!changed.ok()) return reactor->Finish(ToGrpcStatus(changed.status()));
        readers->Post([=, count = *std::move(changed)](Reader& reader) {
          const absl::StatusOr<SweepRecord> sweep = reader.GetSweep(name);
          if (sweep.ok()) *response->mutable_sweep() = ToProto(*sweep);
          int32_t changed_trials = 0;
          if (absl::SimpleAtoi(count, &changed_trials))
            response->set_changed_trials(changed_trials);
          reactor->Finish(ToGrpcStatus(sweep.status()));
        });
      });
  return reactor;
}

grpc::ServerUnaryReactor* SweepServiceImpl::CancelSweep(grpc::CallbackServerContext* context,
                                                        const v1::CancelSweepRequest* request,
                                                        v1::CancelSweepResponse* response) {
  return ControlSweep(context, *request, response, ControlAction::kCancel);
}

grpc::ServerUnaryReactor* SweepServiceImpl::PauseSweep(grpc::CallbackServerContext* context,
                                                       const v1::PauseSweepRequest* request,
                                                       v1::PauseSweepResponse* response) {
  return ControlSweep(context, *request, response, ControlAction::kPause);
}

grpc::ServerUnaryReactor* SweepServiceImpl::ResumeSweep(grpc::CallbackServerContext* context,
                                                        const v1::ResumeSweepRequest* request,
                                                        v1::ResumeSweepResponse* response) {
  return ControlSweep(context, *request, response, ControlAction::kResume);
}

grpc::ServerUnaryReactor* SweepServiceImpl::RetrySweep(grpc::CallbackServerContext* context,
                                                       const v1::RetrySweepRequest* request,
                                                       v1::RetrySweepResponse* response) {
  return ControlSweep(context, *request, response, ControlAction::kRetry);
}

grpc::ServerWriteReactor<v1::WatchSweepResponse>* SweepServiceImpl::WatchSweep(
    grpc::CallbackServerContext* context, const v1::WatchSweepRequest* request) {
  return FollowStream<v1::WatchSweepResponse>::Begin(std::make_shared<SweepWatch>(
      context, hub_, readers_, ParseSweepResource(request->name()), request->start_revision()));
}

}  // namespace adares
