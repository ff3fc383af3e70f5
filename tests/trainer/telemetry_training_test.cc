// What whole trials tell beside their losses, and that telling changes nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/trainer/trial_test.h"
#include "worker/trainer/step_telemetry.h"

namespace adares {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using torch::Tensor;
using trainer_protocol::EndEvent;
using trainer_protocol::FlagEvent;
using trainer_protocol::PointsEvent;
using trainer_protocol::SkipWeightsEvent;

// Root mean square of w * x, where w is one or a row of channels.
double RmsOf(const Tensor& x, const Tensor& w) {
  const Tensor scaled = w.defined() ? x * (w.dim() == 0 ? w : w.view({1, -1, 1, 1})) : x;
  return scaled.to(torch::kFloat64).square().mean().sqrt().item<double>();
}

TEST(StepTelemetryTest, SharesAreThoseOfTheForwardPass) {
  for (const SkipPlacement placement : {SkipPlacement::kSkip, SkipPlacement::kBoth}) {
    for (const Granularity granularity : {Granularity::kBlock, Granularity::kChannel}) {
      ModelSpec spec;
      spec.skip = {granularity, {SkipInit::Kind::kNormal, 0.7, 0.2}};
      spec.skip.placement = placement;
      AdaResNet model(spec, 3, 10, 1);
      model->train();
      StepTelemetry telemetry(model);
      torch::manual_seed(2);
      const Tensor images = torch::randn({4, 3, 16, 16});
      telemetry.BeginForward();
      model->forward(images);
      telemetry.EndForward();
      const auto shares = telemetry.Shares();
      ASSERT_EQ(shares.size(), 3u);
      model->forward(torch::randn({4, 3, 16, 16}));  // is not measured
      const torch::NoGradGuard no_grad;
      Tensor x = model->Stem(images);
      for (size_t i = 0; i < 3; ++i) {
        const auto paths = model->blocks()[i]->PathsOf(x);
        const SumCoefficients weights = model->sites()[i].weight.Coefficients();
        const double ratio = RmsOf(paths.ipd, weights.s) / RmsOf(paths.tfd, weights.r);
        EXPECT_NEAR(shares[i].ratio, ratio, 1e-4 * ratio);
        EXPECT_NEAR(shares[i].skip, ratio * ratio / (1 + ratio * ratio), 1e-4);
        EXPECT_EQ(telemetry.Shares()[i].ratio, shares[i].ratio);
        x = model->blocks()[i]->Sum(paths);
      }
    }
  }
}

TEST(StepTelemetryTest, NothingIsKnownBeforeAStep) {
  AdaResNet model(ModelSpec(), 3, 10, 1);
  EXPECT_THAT(StepTelemetry(model).Shares(), IsEmpty());
  StepTelemetry telemetry(model);
  telemetry.BeginForward();
  telemetry.EndForward();
  for (const auto& share : telemetry.Shares()) {
    EXPECT_TRUE(std::isnan(share.ratio));
    EXPECT_TRUE(std::isnan(share.skip));
  }
}

class TelemetryTest : public TrialTest {
 protected:
  std::vector<SkipWeightPoint> Rows() const {
    std::vector<SkipWeightPoint> rows;
    for (const auto& event : sink_.All<SkipWeightsEvent>()) {
      rows.insert(rows.end(), event.weights.begin(), event.weights.end());
    }
    return rows;
  }

  std::vector<std::string> Flags() const {
    std::vector<std::string> flags;
    for (const auto& event : sink_.All<FlagEvent>()) {
      flags.push_back((event.flag.raised ? "" : "not ") + std::string(Name(event.flag.kind)) + " " +
                      event.flag.site);
    }
    return flags;
  }
};

TEST_F(TelemetryTest, EachLoggedStepTellsWhatItsSumsAreMadeOf) {
  for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
    sink_ = RecordingSink();
    TrialSpec spec = TinySpec();
    spec.train.precision = precision;
    spec.train.clip_norm = 0.01;  // counts for the step, not for what is told
    ASSERT_EQ(Train(spec).reason, EndReason::kFinished);
    for (const SkipWeightPoint& row : Rows()) {
      EXPECT_EQ(row.s, row.value);
      EXPECT_EQ(row.r, 1);
      if (row.step == 0) {
        EXPECT_TRUE(std::isnan(row.path_ratio));
        EXPECT_TRUE(std::isnan(row.skip_share));
        EXPECT_TRUE(std::isnan(row.gradient_snr));
        continue;
      }
      EXPECT_GT(row.path_ratio, 0.01);
      EXPECT_LT(row.path_ratio, 100);
      const double squared = row.path_ratio * row.path_ratio;
      EXPECT_NEAR(row.skip_share, squared / (1 + squared), 1e-9);
      EXPECT_GT(row.gradient_snr, 0);
      EXPECT_LT(row.gradient_snr, 100);
    }
    for (const double norm : sink_.Values("gradient_norm/all")) EXPECT_GT(norm, 0.02);
  }
}

TEST_F(TelemetryTest, CoefficientsFollowThePlacement) {
  TrialSpec spec = TinySpec();
  spec.model.skip.init = {SkipInit::Kind::kConstant, 0.25, 0};
  spec.model.skip.placement = SkipPlacement::kConvex;
  Train(spec);
  for (const SkipWeightPoint& row : Rows()) EXPECT_NEAR(row.s + row.r, 1, 1e-6);
  sink_ = RecordingSink();
  spec.model.skip.placement = SkipPlacement::kBoth;
  Train(spec);
  EXPECT_EQ(Rows()[0].s, 0.25);
  EXPECT_EQ(Rows()[0].r, 1);
  EXPECT_NE(Rows().back().s, 0.25);
  EXPECT_NE(Rows().back().r, 1) << "it is learned too";
}

TEST_F(TelemetryTest, PlainAndFrozenNetworksTellOfTheirSumsToo) {
  TrialSpec spec = TinySpec();
  spec.model.skip = {};
  Train(spec);
  spec.model.skip = TinySpec().model.skip;
  spec.model.skip.train = SkipTraining::kFrozen;
  Train(spec);
  std::set<int64_t> steps;
  for (const SkipWeightPoint& row : Rows()) {
    steps.insert(row.step);
    EXPECT_TRUE(std::isnan(row.gradient_snr));
    if (row.step > 0) {
      EXPECT_GT(row.path_ratio, 0);
    }
  }
  EXPECT_EQ(steps, (std::set<int64_t>{0, 4, 6, 8, 12}));
}

TEST_F(TelemetryTest, EachLoggedStepTellsOfItsStages) {
  Train(TinySpec());
  std::map<std::string, std::vector<int64_t>> steps;
  for (const auto& event : sink_.All<PointsEvent>()) {
    for (const MetricPoint& point : event.points) steps[point.key].push_back(point.step);
  }
  for (const char* key : {"gradient_norm/layer1", "gradient_norm/layer2", "gradient_norm/layer3",
                          "gradient_norm/all", "gradient_norm/first_to_last", "update_ratio/layer1",
                          "update_ratio/layer2", "update_ratio/layer3", "update_ratio/all"}) {
    EXPECT_EQ(steps[key], (std::vector<int64_t>{4, 6, 8, 12})) << key;
    for (const double value : sink_.Values(key)) {
      EXPECT_GT(value, 0) << key;
      EXPECT_LT(value, 100) << key;
    }
  }
}

TEST_F(TelemetryTest, TellingChangesNothingOfTheTraining) {
  TrialSpec spec = TinySpec();
  spec.train.log_every = 1000;
  const EndEvent seldom = Train(spec);
  spec.train.log_every = 1;
  const EndEvent often = Train(spec);
  EXPECT_EQ(often.digests.at("weights"), seldom.digests.at("weights"));
}

// 260 steps on four pictures each.
TrialSpec ShortSteps() {
  TrialSpec spec = TinySpec();
  spec.data.augment = Augment::kNone;
  spec.data.train_size = 1040;
  spec.data.validation_size = 8;
  spec.data.test_size = 8;
  spec.train.epochs = 1;
  spec.train.batch_size = 4;
  spec.train.lr = 0.01;
  spec.train.log_every = 50;
  return spec;
}

TEST_F(TelemetryTest, AWeightThatStaysAtZeroIsFlaggedOnce) {
  TrialSpec spec = ShortSteps();
  spec.model.skip.init = {SkipInit::Kind::kConstant, 0.001, 0};
  spec.model.skip.lr_mult = 1e-6;
  ASSERT_EQ(Train(spec).reason, EndReason::kFinished);
  EXPECT_THAT(Flags(), UnorderedElementsAre("closed layer1.0", "closed layer2.0", "closed layer3.0",
                                            "branch-dead layer1.0", "branch-dead layer2.0",
                                            "branch-dead layer3.0"));
  for (const auto& event : sink_.All<FlagEvent>()) {
    EXPECT_EQ(event.flag.step, 250);
    EXPECT_EQ(event.flag.epoch, 0);
  }
}

// Where s is 1 the angle is 0, and the other way round.
TEST_F(TelemetryTest, ASphericalWeightIsFlaggedByWhatItIsAndNotByItsAngle) {
  TrialSpec spec = ShortSteps();
  spec.model.skip.granularity = Granularity::kUnified;
  spec.model.skip.placement = SkipPlacement::kSpherical;
  spec.model.skip.lr_mult = 1e-6;
  for (const double weight : {0.999999, 0.001}) {
    sink_ = RecordingSink();
    spec.model.skip.init = {SkipInit::Kind::kConstant, weight, 0};
    ASSERT_EQ(Train(spec).reason, EndReason::kFinished);
    EXPECT_EQ(testing::Value(Flags(), testing::Contains("closed all")), weight < 0.5) << weight;
  }
}

TEST_F(TelemetryTest, SitesThatShareAWeightShareItsFlag) {
  TrialSpec spec = ShortSteps();
  spec.model.skip.granularity = Granularity::kUnified;
  spec.model.skip.init = {SkipInit::Kind::kConstant, 0.5, 0};
  spec.model.skip.constraint = {SkipConstraint::Kind::kClamp, 0, 0.5};
  spec.model.skip.lr_mult = 1e-9;
  ASSERT_EQ(Train(spec).reason, EndReason::kFinished);
  EXPECT_THAT(Flags(), ElementsAre("saturated all"));
}

// Decay pulls the weight from 0.5 towards 2, by 1 % of what is left in each step.
TEST_F(TelemetryTest, AWeightThatIsSharedDriftsOnce) {
  TrialSpec spec = ShortSteps();
  spec.model.skip.granularity = Granularity::kUnified;
  spec.model.skip.init = {SkipInit::Kind::kConstant, 0.5, 0};
  spec.model.skip.lr_mult = 10;
  spec.model.skip.weight_decay = 0.1;
  spec.model.skip.decay_centre = 2;
  spec.train.lr = 0.01;
  spec.train.momentum = 0;
  spec.train.schedule = ScheduleKind::kConstant;
  spec.train.log_every = 5;
  ASSERT_EQ(Train(spec).reason, EndReason::kFinished);
  EXPECT_THAT(Flags(), ElementsAre("drifting all"));
  EXPECT_EQ(sink_.All<FlagEvent>()[0].flag.step, 260);
}

TEST_F(TelemetryTest, WhoClosesAPathIsNotToldThatItIsClosed) {
  TrialSpec spec = ShortSteps();
  spec.model.skip.init = {SkipInit::Kind::kConstant, 0, 0};
  spec.model.skip.train = SkipTraining::kFrozen;
  ASSERT_EQ(Train(spec).reason, EndReason::kFinished);
  EXPECT_THAT(Flags(), IsEmpty());
  for (const SkipWeightPoint& row : Rows()) {
    if (row.step > 0) {
      EXPECT_EQ(row.skip_share, 0);
    }
  }
}

}  // namespace
}  // namespace adares
