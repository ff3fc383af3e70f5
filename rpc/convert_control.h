// Requests to control trials as values of the domain. Thread-safe: pure functions.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "adares/v1/trial_service.pb.h"
#include "core/control.h"
#include "core/request_key.h"

namespace adares {

inline constexpr int kMaxControlledTrials = 20'000;
inline constexpr int kMaxFilterStates = 100;
inline constexpr int kMaxFilterSeeds = 20'000;
inline constexpr int kMaxFilterAxes = 100;

// INVALID_ARGUMENT where no action is named, or another than a retry from scratch.
absl::StatusOr<ControlAction> ActionOf(const v1::ControlTrialsRequest& request);

// INVALID_ARGUMENT for names that are none of trials of `sweep`, for too many of anything, and
// where nothing is set.
absl::StatusOr<TrialFilter> FromProto(const v1::TrialFilter& filter, const std::string& sweep);

// What ControlTrials is asked to do, once.
struct ControlOrder {
  RequestKey key;
  std::string sweep;
  TrialFilter filter;
  ControlAction action = ControlAction::kPause;
};

// The errors of what it consists of.
absl::StatusOr<ControlOrder> FromProto(const v1::ControlTrialsRequest& request);

v1::ControlTrialsResponse ToProto(const ControlOutcome& outcome, const std::string& sweep);

}  // namespace adares
