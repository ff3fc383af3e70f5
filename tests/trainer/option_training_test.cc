// Whole trials with each way to fill the residual sum: the same results twice, and after a cut.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "core/presets.h"
#include "core/trial_spec_fields.h"
#include "tests/fixtures/temp_folder.h"
#include "tests/trainer/trial_test.h"

namespace adares {
namespace {

using trainer_protocol::EndEvent;
using trainer_protocol::Event;
using trainer_protocol::SkipWeightsEvent;

using Settings = std::vector<std::pair<std::string, std::string>>;  // paths of fields, texts

TrialSpec SpecWith(const Settings& settings) {
  TrialSpec spec = TinySpec();
  spec.model.skip = {};
  spec.model.skip.granularity = Granularity::kBlock;
  for (const auto& [path, text] : settings) {
    const absl::Status status = FindTrialSpecField(path)->set(spec, {text, false});
    EXPECT_TRUE(status.ok()) << status;
  }
  const auto conflict = FindConflict(spec);
  EXPECT_FALSE(conflict.has_value()) << conflict->message;
  return spec;
}

struct Option {
  std::string name;
  Settings settings;
};

// What the residual sum can be made of that has code of its own in training.
std::vector<Option> Options() {
  std::vector<Option> options = {
      {"spherical", {{"model.skip.placement", "spherical"}, {"model.skip.init", "0.6"}}},
      {"spherical_channels",
       {{"model.skip.placement", "spherical"},
        {"model.skip.granularity", "channel"},
        {"model.skip.init", "uniform(0.2, 0.9)"}}},
      {"drop_and_residual", {{"model.skip.placement", "residual"}, {"model.branch_drop", "0.7"}}},
      {"drop_and_both", {{"model.skip.placement", "both"}, {"model.branch_drop", "0.7"}}},
      {"drop_and_unified", {{"model.skip.granularity", "unified"}, {"model.branch_drop", "0.7"}}},
      {"drop_and_convex",
       {{"model.skip.placement", "convex"},
        {"model.skip.init", "0.6"},
        {"model.branch_drop", "0.7"}}},
      {"drop_and_ema",
       {{"model.branch_drop", "0.7"}, {"train.ema_decay", "0.9"}, {"train.precision", "bf16"}}},
      // More batches than an epoch has steps.
      {"match_rms_of_batches", {{"model.skip.init", "match-rms(1, 8)"}}},
      {"admin_of_batches", {{"model.skip.init", "admin(3)"}}},
  };
  for (const Preset& method : MethodPresets()) options.push_back({method.name, method.settings});
  return options;
}

class OptionTrainingTest : public TrialTest, public testing::WithParamInterface<Option> {
 protected:
  // Stops after event number `events`, counted from 1; 0 lets it finish.
  EndEvent TrainPart(const TrialSpec& spec, int events) {
    RecordingSink sink;
    const auto stop = std::make_shared<std::atomic<bool>>(false);
    sink.on_event = [&](const Event&) {
      if (static_cast<int>(sink.events().size()) == events) *stop = true;
    };
    trainer_protocol::TrainCommand command = Command(spec);
    command.checkpoints = {folder_ / "trial", 3, 0, true};
    TrialRunner(TrainerSetup{"test", "cpu", ""}, sink).Run({command, stop, {}, {}});
    return sink.All<EndEvent>().back();
  }

  const fixtures::TempFolder folder_;
};

INSTANTIATE_TEST_SUITE_P(All, OptionTrainingTest, testing::ValuesIn(Options()),
                         [](const auto& test) { return test.param.name; });

TEST_P(OptionTrainingTest, GivesTheSameResultsTwiceAndAfterACut) {
  const TrialSpec spec = SpecWith(GetParam().settings);
  const EndEvent whole = Train(spec);
  ASSERT_EQ(whole.reason, EndReason::kFinished) << whole.message;
  EXPECT_EQ(Train(spec).digests, whole.digests);
  // Start, weights at step 0, at step 4 where they are learned, and at step 6.
  EXPECT_EQ(TrainPart(spec, 3).reason, EndReason::kCancelled);
  EXPECT_EQ(TrainPart(spec, 0).digests, whole.digests);
}

using StochasticDepthTrainingTest = TrialTest;

// Draws for branches come from a stream of their own: nothing else that is random shifts.
TEST_F(StochasticDepthTrainingTest, AShareThatNeverDropsChangesNothing) {
  const auto without = Train(SpecWith({})).digests;
  EXPECT_EQ(Train(SpecWith({{"model.branch_drop", "1e-12"}})).digests, without);
  EXPECT_NE(Train(SpecWith({{"model.branch_drop", "0.5"}})).digests, without);
}

TEST_F(StochasticDepthTrainingTest, WeightsOfADroppedBranchHaveTheGradientZero) {
  TrialSpec spec = SpecWith({{"model.skip.placement", "residual"}, {"model.branch_drop", "0.7"}});
  spec.train.log_every = 1;
  ASSERT_EQ(Train(spec).reason, EndReason::kFinished);
  const auto events = sink_.All<SkipWeightsEvent>();
  ASSERT_EQ(events.size(), 13u);  // before the first of 12 steps, and after each
  int dropped = 0;
  int kept = 0;
  for (size_t step = 1; step < events.size(); ++step) {
    for (const auto& weight : events[step].weights) {
      ASSERT_TRUE(std::isfinite(weight.gradient)) << weight.site << " at step " << step;
      ++(weight.gradient == 0 ? dropped : kept);
    }
  }
  // Of 36: 16.8 are dropped on average, with a standard deviation of 2.7.
  EXPECT_GT(dropped, 5);
  EXPECT_GT(kept, 5);
}

// The step of a parameter whose gradient is 0 is not left out: its velocity moves it on.
TEST_F(StochasticDepthTrainingTest, MomentumMovesTheWeightsOfADroppedBranch) {
  TrialSpec spec = SpecWith({{"model.skip.placement", "residual"}, {"model.branch_drop", "0.7"}});
  spec.train.log_every = 1;
  ASSERT_EQ(Train(spec).reason, EndReason::kFinished);
  const auto events = sink_.All<SkipWeightsEvent>();
  int moved = 0;
  bool had_gradient = false;
  for (size_t step = 1; step < events.size(); ++step) {
    const auto& weight = events[step].weights[2];
    if (weight.gradient == 0 && had_gradient) {
      EXPECT_NE(weight.value, events[step - 1].weights[2].value) << "step " << step;
      ++moved;
    }
    had_gradient = had_gradient || weight.gradient != 0;
  }
  EXPECT_GT(moved, 1);
}

}  // namespace
}  // namespace adares
