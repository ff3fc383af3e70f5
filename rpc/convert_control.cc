#include "rpc/convert_control.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "rpc/convert.h"
#include "rpc/convert_checks.h"
#include "rpc/names.h"
#include "rpc/request_key.h"

namespace adares {

absl::StatusOr<ControlAction> ActionOf(const v1::ControlTrialsRequest& request) {
  const bool from_scratch = request.from_scratch();
  if (from_scratch && request.action() != v1::ControlTrialsRequest::ACTION_RETRY) {
    return InvalidField("from_scratch", "goes with ACTION_RETRY alone");
  }
  switch (request.action()) {
    case v1::ControlTrialsRequest::ACTION_PAUSE:
      return ControlAction::kPause;
    case v1::ControlTrialsRequest::ACTION_RESUME:
      return ControlAction::kResume;
    case v1::ControlTrialsRequest::ACTION_CANCEL:
      return ControlAction::kCancel;
    case v1::ControlTrialsRequest::ACTION_RETRY:
      return from_scratch ? ControlAction::kRetryFromScratch : ControlAction::kRetry;
    default:
      return InvalidField("action", "name one: pause, resume, cancel or retry");
  }
}

namespace {

absl::Status CheckCount(const std::string& field, size_t count, int limit) {
  if (count <= static_cast<size_t>(limit)) return absl::OkStatus();
  return InvalidField(field, absl::StrCat("at most ", limit));
}

absl::Status CheckCounts(const v1::TrialFilter& filter) {
  const auto size = [](const auto& list) { return static_cast<size_t>(list.size()); };
  ADARES_RETURN_IF_ERROR(CheckCount("filter.trials", size(filter.trials()), kMaxControlledTrials));
  ADARES_RETURN_IF_ERROR(CheckCount("filter.states", size(filter.states()), kMaxFilterStates));
  ADARES_RETURN_IF_ERROR(CheckCount("filter.seeds", size(filter.seeds()), kMaxFilterSeeds));
  return CheckCount("filter.axes", size(filter.axes()), kMaxFilterAxes);
}

}  // namespace

absl::StatusOr<TrialFilter> FromProto(const v1::TrialFilter& filter, const std::string& sweep) {
  ADARES_RETURN_IF_ERROR(CheckCounts(filter));
  TrialFilter result;
  for (const std::string& resource : filter.trials()) {
    ADARES_ASSIGN_OR_RETURN(TrialName name, ParseTrialResource(resource, "filter.trials"));
    if (name.sweep != sweep) {
      return InvalidField("filter.trials", absl::StrCat(resource, " is no trial of ", sweep));
    }
    result.ids.push_back(std::move(name.trial));
  }
  for (const int state : filter.states()) {
    ADARES_ASSIGN_OR_RETURN(result.states.emplace_back(),
                            FromProto(static_cast<v1::Trial::State>(state)));
  }
  result.seeds.assign(filter.seeds().begin(), filter.seeds().end());
  result.axes.insert(filter.axes().begin(), filter.axes().end());
  if (!result.empty()) return result;
  return InvalidField("filter",
                      "name trials, states, seeds or axes; a whole sweep has calls of its own");
}

absl::StatusOr<ControlOrder> FromProto(const v1::ControlTrialsRequest& request) {
  ControlOrder order;
  ADARES_ASSIGN_OR_RETURN(order.key, RequestKeyOf(request));
  ADARES_ASSIGN_OR_RETURN(order.sweep, ParseSweepResource(request.parent(), "parent"));
  ADARES_ASSIGN_OR_RETURN(order.action, ActionOf(request));
  ADARES_ASSIGN_OR_RETURN(order.filter, FromProto(request.filter(), order.sweep));
  return order;
}

v1::ControlTrialsResponse ToProto(const ControlOutcome& outcome, const std::string& sweep) {
  v1::ControlTrialsResponse response;
  for (const std::string& trial : outcome.changed) {
    response.add_changed(TrialResource(sweep, trial));
  }
  response.set_unchanged_count(outcome.unchanged);
  for (const ControlRefusal& refusal : outcome.refused) {
    v1::TrialRefusal* entry = response.add_refused();
    entry->set_trial(TrialResource(sweep, refusal.trial));
    entry->set_reason(ErrorReason(refusal.why));
    entry->set_message(std::string(refusal.why.message()));
  }
  return response;
}

}  // namespace adares
