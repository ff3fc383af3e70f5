// Which trials of a sweep are meant: the options that say it, and the choice itself where it is
// made here and not by the coordinator.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "adares/v1/trial_service.pb.h"
#include "client/connection.h"

namespace CLI {
class App;
}

namespace adares::client {

struct TrialChoice {
  std::vector<std::string> states;  // words
  std::vector<int64_t> seeds;
  std::vector<std::string> axes;  // AXIS=VALUE

  bool empty() const { return states.empty() && seeds.empty() && axes.empty(); }
};

// Adds --state, --seed and --where.
void AddChoiceOptions(CLI::App& command, TrialChoice& choice);

// INVALID_ARGUMENT for what is no AXIS=VALUE, and for a second value of one axis.
absl::StatusOr<v1::TrialFilter> FilterOf(const TrialChoice& choice);

// The trials of a sweep (a resource name) that match all that is set, as the coordinator would
// choose them for ControlTrials, in the order in which they were queued. NOT_FOUND TRIAL_NOT_FOUND
// where one that is named is not among them.
absl::StatusOr<std::vector<v1::Trial>> MatchingTrials(Connection& connection,
                                                      const std::string& sweep,
                                                      const v1::TrialFilter& filter);

// Whether the sweep has the seeds, axes and values that the filter names; INVALID_ARGUMENT says
// which one it has not.
absl::Status CheckNames(Connection& connection, const std::string& sweep,
                        const v1::TrialFilter& filter);

}  // namespace adares::client
