#include "server/services/trial_service.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/escaping.h"
#include "core/status.h"
#include "rpc/convert.h"
#include "rpc/convert_control.h"
#include "rpc/convert_query.h"
#include "rpc/names.h"
#include "server/services/follow_stream.h"
#include "server/services/read_call.h"

namespace adares {
namespace {

constexpr int kLinesPerMessage = 1'000;

class LogTail final : public FollowStream<v1::TailLogsResponse> {
 public:
  LogTail(grpc::CallbackServerContext* context, ChangeHub* hub, ReaderPool* readers,
          const v1::TailLogsRequest& request)
      : FollowStream(context, hub, readers),
        resource_(request.name()),
        attempt_(request.attempt()),
        next_line_(std::max<int64_t>(1, request.first_line())),
        follow_(request.follow()) {}

 private:
  absl::StatusOr<Step> Next(Reader& reader, bool heartbeat) override {
    ADARES_ASSIGN_OR_RETURN(const TrialName name, ParseTrialResource(resource_));
    if (name.sweep != "-") SetTopic(name.sweep);
    const absl::StatusOr<LogPart> read =
        reader.ReadLog(name.sweep, name.trial, attempt_, next_line_, kLinesPerMessage);
    if (!read.ok() && follow_ && attempt_ == 0 &&
        ErrorReason(read.status()) == reason::kAttemptNotFound) {
      return AwaitAttempt(reader, name, read.status(), heartbeat);
    }
    ADARES_ASSIGN_OR_RETURN(const LogPart part, read);
    // The newest attempt is the newest as of the first look: a log is one attempt's.
    attempt_ = part.attempt;
    Step step;
    const bool full = part.lines.size() == static_cast<size_t>(kLinesPerMessage);
    step.finished = !full && (part.ended || !follow_);
    step.more = full;
    if (part.lines.empty() && !heartbeat) return step;
    v1::TailLogsResponse message;
    message.set_attempt(part.attempt);
    for (const LogLine& line : part.lines) *message.add_lines() = ToProto(line);
    if (!part.lines.empty()) next_line_ = part.lines.back().number + 1;
    step.message = std::move(message);
    return step;
  }

  // The trial is queued: its first attempt will be followed. One that was cancelled never has any.
  static absl::StatusOr<Step> AwaitAttempt(Reader& reader, const TrialName& name,
                                           const absl::Status& not_found, bool heartbeat) {
    ADARES_ASSIGN_OR_RETURN(const TrialRecord trial, reader.GetTrial(name.sweep, name.trial));
    if (IsFinal(trial.state)) return not_found;
    Step step;
    if (heartbeat) step.message.emplace();
    return step;
  }

  const std::string resource_;
  int32_t attempt_;
  int64_t next_line_;
  const bool follow_;
};

}  // namespace

grpc::ServerUnaryReactor* TrialServiceImpl::GetTrial(grpc::CallbackServerContext* context,
                                                     const v1::GetTrialRequest* request,
                                                     v1::GetTrialResponse* response) {
  const absl::StatusOr<TrialName> name = ParseTrialResource(request->name());
  if (!name.ok()) return AnswerAtOnce(context, name.status());
  return AnswerFromReader(context, readers_, response,
                          [name = *name](Reader& reader) -> absl::StatusOr<v1::GetTrialResponse> {
                            ADARES_ASSIGN_OR_RETURN(const TrialRecord trial,
                                                    reader.GetTrial(name.sweep, name.trial));
                            v1::GetTrialResponse message;
                            *message.mutable_trial() = ToProto(trial);
                            return message;
                          });
}

grpc::ServerUnaryReactor* TrialServiceImpl::ListTrials(grpc::CallbackServerContext* context,
                                                       const v1::ListTrialsRequest* request,
                                                       v1::ListTrialsResponse* response) {
  absl::StatusOr<TrialQuery> query = FromProto(*request);
  if (!query.ok()) return AnswerAtOnce(context, query.status());
  return AnswerFromReader(
      context, readers_, response,
      [query = *std::move(query)](Reader& reader) -> absl::StatusOr<v1::ListTrialsResponse> {
        ADARES_ASSIGN_OR_RETURN(const PageOf<TrialRecord> trials,
                                reader.ListTrials(query.sweep, query.states, query.page));
        v1::ListTrialsResponse message;
        for (const TrialRecord& trial : trials.items) *message.add_trials() = ToProto(trial);
        message.set_next_page_token(trials.next_token);
        return message;
      });
}

grpc::ServerWriteReactor<v1::TailLogsResponse>* TrialServiceImpl::TailLogs(
    grpc::CallbackServerContext* context, const v1::TailLogsRequest* request) {
  return FollowStream<v1::TailLogsResponse>::Begin(
      std::make_shared<LogTail>(context, hub_, readers_, *request));
}

grpc::ServerUnaryReactor* TrialServiceImpl::ControlTrials(grpc::CallbackServerContext* context,
                                                          const v1::ControlTrialsRequest* request,
                                                          v1::ControlTrialsResponse* response) {
  absl::StatusOr<ControlOrder> order = FromProto(*request);
  if (!order.ok()) return AnswerAtOnce(context, order.status());
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  RequestKey key = std::move(order->key);
  CallOnce(
      changes_, *context, std::move(key),
      [order = *std::move(order)](Coordinator& coordinator,
                                  Timestamp now) -> absl::StatusOr<std::string> {
        ADARES_ASSIGN_OR_RETURN(const ControlOutcome outcome,
                                coordinator.Control(order.sweep, order.filter, order.action, now));
        // The database keeps text.
        return absl::Base64Escape(ToProto(outcome, order.sweep).SerializeAsString());
      },
      [reactor, response](const absl::StatusOr<std::string>& outcome) {
        std::string bytes;
        if (outcome.ok() && absl::Base64Unescape(*outcome, &bytes)) {
          response->ParseFromString(bytes);
        }
        reactor->Finish(ToGrpcStatus(outcome.status()));
      });
  return reactor;
}

}  // namespace adares
