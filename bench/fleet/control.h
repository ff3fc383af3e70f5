// What a scenario asks the server besides what its workers do: submissions, and whether all came
// out as it should. Thread-safe: functions of their arguments.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/fleet/measurements.h"
#include "client/connection.h"

namespace adares::bench {

// With time enough for the largest sweep.
absl::StatusOr<std::unique_ptr<client::Connection>> Connect(const std::string& address);

// Submits a new sweep; the seconds that it took until it was durable and answered.
absl::StatusOr<double> Submit(client::Connection& connection, const std::string& sweep_text);

// Adds to `outcome.wrong` what is not as it should be: a sweep of exactly `trials` trials, each
// succeeded in its first attempt, and with the value of FinalValue for each of `keys`.
absl::Status CheckAllSucceeded(client::Connection& connection, const std::string& sweep,
                               size_t trials, const std::vector<std::string>& keys,
                               Outcome& outcome);

// Seconds of `count` calls, which must succeed.
absl::StatusOr<Samples> TimeCalls(int count, const std::function<absl::Status()>& call);

// The same for calls of a method that answers without the database, over a connection of its own.
absl::StatusOr<Samples> TimeBareCalls(const std::string& address, int count);

}  // namespace adares::bench
