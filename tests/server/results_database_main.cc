// Writes a database with results through the real store, for the test of the documented queries:
// five granularities with two seeds, one trial of which fails, one runs twice, and one still runs.
//
//   adares_results_database FILE
#include <cmath>
#include <cstdio>
#include <limits>
#include <string>
#include <vector>

#include "core/status.h"
#include "server/store/store.h"
#include "tests/server/small_sweep.h"

namespace adares {
namespace {

constexpr int64_t kEpochs = 3;
constexpr int64_t kStepsPerEpoch = 156;

// Runs the trials of one sweep, one after another.
class Writer {
 public:
  explicit Writer(Store& store) : store_(store) {}

  absl::Status WriteAll() {
    const SweepPlan plan = MakePlan({.name = "mnist-granularity", .variants = 5});
    ADARES_RETURN_IF_ERROR(store_.Begin());
    ADARES_RETURN_IF_ERROR(store_.InsertSweep(plan, "name: mnist-granularity\n", At(0)).status());
    ADARES_RETURN_IF_ERROR(store_.Commit());
    for (size_t i = 0; i < plan.trials.size(); ++i) {
      ADARES_RETURN_IF_ERROR(store_.Begin());
      ADARES_RETURN_IF_ERROR(RunTrial(i, plan.trials.size()));
      ADARES_RETURN_IF_ERROR(store_.Commit());
    }
    return absl::OkStatus();
  }

 private:
  absl::Status RunTrial(size_t index, size_t count) {
    ADARES_ASSIGN_OR_RETURN(LiveAttempt attempt, Claim());
    ADARES_RETURN_IF_ERROR(Report(attempt, 0.90));
    if (index == 1) {  // its worker is lost, and another one runs it
      ADARES_RETURN_IF_ERROR(
          End(attempt, EndReason::kWorkerLost, TrialState::kQueued, "the lease expired"));
      ADARES_ASSIGN_OR_RETURN(attempt, Claim());
      ADARES_RETURN_IF_ERROR(Report(attempt, 0.91));
    }
    if (index + 1 == count) return absl::OkStatus();
    if (index + 2 == count) {
      return End(attempt, EndReason::kDiverged, TrialState::kFailed, "the loss became NaN");
    }
    const double accuracy = 0.97 + 0.001 * static_cast<double>(index);
    const int64_t last = kEpochs * kStepsPerEpoch;
    ADARES_RETURN_IF_ERROR(store_
                               .AppendPoints(attempt, {{"test/accuracy", last, kEpochs, accuracy},
                                                       {"test/loss", last, kEpochs, 0.1}})
                               .status());
    const Checkpoint checkpoint{last,
                                kEpochs,
                                CheckpointReason::kFinal,
                                {{"model.safetensors", std::string(64, 'a'), 312'456}}};
    ADARES_RETURN_IF_ERROR(store_.AddCheckpoint(attempt, checkpoint, At(clock_)));
    return End(attempt, EndReason::kFinished, TrialState::kSucceeded, "");
  }

  absl::StatusOr<LiveAttempt> Claim() {
    ADARES_ASSIGN_OR_RETURN(const auto groups, store_.ReadyGroups());
    if (groups.empty()) return absl::NotFoundError("nothing is queued");
    ADARES_ASSIGN_OR_RETURN(const auto claim, store_.ClaimNext(groups.front().group, "gpu-1",
                                                               "instance", At(clock_++)));
    const AttemptStart start = {
        kEpochs * kStepsPerEpoch, kEpochs, 78042, {{"device", "cpu"}, {"libtorch", "1.13.1"}}};
    ADARES_RETURN_IF_ERROR(store_.SetAttemptStart(claim->attempt, start));
    return claim->attempt;
  }

  absl::Status Report(const LiveAttempt& attempt, double accuracy) {
    std::vector<MetricPoint> points;
    std::vector<SkipWeightPoint> weights;
    for (int64_t epoch = 0; epoch <= kEpochs; ++epoch) {
      const int64_t step = epoch * kStepsPerEpoch;
      const double done = static_cast<double>(epoch);
      for (const char* site : {"layer1.0", "layer2.0", "layer3.0"}) {
        const double gradient = epoch == 0 ? std::numeric_limits<double>::quiet_NaN() : 0.01 * done;
        SkipWeightPoint weight{site, step, epoch, 1 - 0.05 * done, gradient};
        weight.s = weight.value;
        weight.r = 1;
        if (epoch > 0) {
          weight.gradient_snr = 0.5 / done;
          weight.path_ratio = 2 - 0.1 * done;
          weight.skip_share = 0.8 - 0.02 * done;
        }
        weights.push_back(weight);
      }
      if (epoch == 0) continue;
      points.push_back({"train/loss", step, epoch, 1 / done});
      points.push_back({"train/accuracy", step, epoch, accuracy + 0.01 * done});
      points.push_back({"validation/loss", step, epoch, 1.1 / done});
      points.push_back({"validation/accuracy", step, epoch, accuracy + 0.009 * done});
      points.push_back({"time/images_per_second", step, epoch, 400 + done});
      points.push_back({"gradient_norm/layer1", step, epoch, 0.2 * done});
      points.push_back({"gradient_norm/first_to_last", step, epoch, 2 / done});
    }
    ADARES_RETURN_IF_ERROR(store_.AppendPoints(attempt, points).status());
    const int64_t last = kEpochs * kStepsPerEpoch;
    const std::string message = "the weight went from 0.9 to 0.85 in the last fifth of the steps";
    for (const Flag& flag :
         {Flag{FlagKind::kClosed, "layer1.0", 200, 1, true, "the weight is 0.004"},
          Flag{FlagKind::kClosed, "layer1.0", 300, 1, false, "the weight is 0.04"},
          Flag{FlagKind::kDrifting, "layer2.0", last, kEpochs, true, message}}) {
      ADARES_RETURN_IF_ERROR(store_.AppendFlag(attempt, flag).status());
    }
    return store_.AppendSkipWeights(attempt, weights).status();
  }

  absl::Status End(const LiveAttempt& attempt, EndReason reason, TrialState state,
                   const std::string& message) {
    AttemptEnd end;
    end.reason = reason;
    end.message = message;
    clock_ += 60;
    ADARES_RETURN_IF_ERROR(store_.EndAttempt(attempt, end, At(clock_)));
    TrialUpdate update{{state}};
    if (state == TrialState::kFailed) update.message = message;
    return store_.UpdateTrial(attempt.trial_row, update, At(clock_));
  }

  Store& store_;
  double clock_ = 1;
};

absl::Status Write(const std::string& path) {
  ADARES_ASSIGN_OR_RETURN(const auto store, Store::Open(path, At(0)));
  return Writer(*store).WriteAll();
}

}  // namespace
}  // namespace adares

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FILE\n", argv[0]);
    return 2;
  }
  const absl::Status status = adares::Write(argv[1]);
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
