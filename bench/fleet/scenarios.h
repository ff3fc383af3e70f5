// The scenarios. Each starts a server of its own on a new folder, puts a load on it, and says how
// that went. An error means that the scenario could not be run to its end. For the main thread.
#pragma once

#include <filesystem>

#include "absl/status/statusor.h"
#include "bench/fleet/measurements.h"

namespace adares::bench {

// One sweep of many trials that are claimed, reported and finished as fast as it goes.
struct QueueOptions {
  int trials = 10'000;  // 1 to 20,000
  int workers = 4;
  int slots = 16;  // of each worker
};
absl::StatusOr<Outcome> RunQueue(const std::filesystem::path& folder, const QueueOptions& options);

// Points in long series, then reads of a long series and of a table of trials.
struct PointsOptions {
  int64_t points = 1'000'000;  // in all series together
  int workers = 4;
  int series = 100;    // one a trial
  int batch = 1'000;   // points of a message, at most
  int record = 0;      // points of a record; 0: as many as a message has
  int window = 16;     // messages of a worker that are not acknowledged, at most
  int64_t stored = 0;  // points that are stored in another sweep before
};
absl::StatusOr<Outcome> RunPoints(const std::filesystem::path& folder,
                                  const PointsOptions& options);

// One thing at a time on a server that does nothing else.
struct IdleOptions {
  int claims = 1'000;
};
absl::StatusOr<Outcome> RunIdle(const std::filesystem::path& folder, const IdleOptions& options);

// Many workers that each train one trial for a while.
struct SoakOptions {
  int workers = 1'000;
  int points_per_second = 10;  // of each worker
  int seconds = 60;
};
absl::StatusOr<Outcome> RunSoak(const std::filesystem::path& folder, const SoakOptions& options);

// The scenarios above at three sizes each. Prints a table of each as soon as it is there.
absl::StatusOr<Outcome> RunGrowth(const std::filesystem::path& folder);

}  // namespace adares::bench
