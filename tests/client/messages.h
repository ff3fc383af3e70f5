// Builders of messages for the tests of the client.
#pragma once

#include <cstdint>
#include <string>

#include "adares/v1/analysis_service.pb.h"
#include "adares/v1/resources.pb.h"
#include "adares/v1/sweep_service.pb.h"

namespace adares::client {

inline constexpr char kFirstTrial[] = "sweeps/mnist/trials/000000000001";

// The sweep `mnist` with as many trials in each state as its counts say.
inline v1::Sweep MakeSweep(v1::Sweep::State state, int queued, int running, int succeeded,
                           int failed = 0) {
  v1::Sweep sweep;
  sweep.set_name("sweeps/mnist");
  sweep.set_state(state);
  sweep.mutable_objective()->set_metric("test/accuracy");
  sweep.mutable_objective()->set_goal(v1::Objective::GOAL_MAXIMIZE);
  sweep.mutable_trial_counts()->set_queued(queued);
  sweep.mutable_trial_counts()->set_running(running);
  sweep.mutable_trial_counts()->set_succeeded(succeeded);
  sweep.mutable_trial_counts()->set_failed(failed);
  sweep.add_seeds(0);
  sweep.add_seeds(1);
  sweep.set_variant_count(2);
  sweep.mutable_create_time()->set_seconds(1'000'000);
  return sweep;
}

// Trial number `id` of `mnist`, of variant `granularity=block`.
inline v1::Trial MakeTrial(int id, v1::Trial::State state, int64_t seed = 0) {
  v1::Trial trial;
  const std::string digits = std::to_string(id);
  trial.set_name("sweeps/mnist/trials/" + std::string(12 - digits.size(), '0') + digits);
  trial.set_state(state);
  trial.set_variant("aaaaaaaaaaaa");
  trial.set_variant_label("granularity=block");
  trial.set_seed(seed);
  if (state != v1::Trial::STATE_QUEUED) {
    trial.set_attempt_count(1);
    trial.mutable_start_time()->set_seconds(1'000'000 + id);
  }
  return trial;
}

inline v1::Trial WithProgress(v1::Trial trial, int64_t step, int64_t total, int64_t epoch,
                              int64_t epochs) {
  trial.mutable_progress()->set_step(step);
  trial.mutable_progress()->set_total_steps(total);
  trial.mutable_progress()->set_epoch(epoch);
  trial.mutable_progress()->set_total_epochs(epochs);
  return trial;
}

inline v1::Trial WithMetric(v1::Trial trial, const std::string& key, double value) {
  (*trial.mutable_last_metrics())[key] = value;
  return trial;
}

// A failed trial as GetTrial returns it.
inline v1::Trial MakeFailedTrial(int id) {
  v1::Trial trial = MakeTrial(id, v1::Trial::STATE_FAILED);
  trial.set_message("the trainer died");
  v1::Attempt* attempt = trial.add_attempts();
  attempt->set_number(1);
  attempt->set_worker("workers/local");
  attempt->set_end_reason(v1::Attempt::END_REASON_ERROR);
  attempt->set_message("the trainer died");
  attempt->set_exit_code(134);
  attempt->add_log_tail("reading mnist");
  attempt->add_log_tail("terminate called");
  return trial;
}

template <typename... Trials>
v1::WatchSweepResponse MakeUpdate(int64_t revision, const v1::Sweep& sweep,
                                  const Trials&... trials) {
  v1::WatchSweepResponse update;
  *update.mutable_sweep() = sweep;
  update.set_revision(revision);
  (void(*update.add_trials() = trials), ...);
  return update;
}

// A variant with the results of seeds 0, 1, ...
inline v1::VariantResult MakeVariant(const std::string& id, const std::string& value,
                                     const std::vector<double>& results, double mean, double sd) {
  v1::VariantResult variant;
  variant.set_variant(id);
  variant.set_label("granularity=" + value);
  v1::AxisValue* axis = variant.add_axes();
  axis->set_axis("granularity");
  axis->set_value(value);
  variant.set_trial_count(2);
  variant.set_n(static_cast<int32_t>(results.size()));
  variant.set_mean(mean);
  variant.set_sd(sd);
  for (size_t seed = 0; seed < results.size(); ++seed) {
    v1::SeedValue* entry = variant.add_values();
    entry->set_seed(static_cast<int64_t>(seed));
    entry->set_value(results[seed]);
  }
  return variant;
}

}  // namespace adares::client
