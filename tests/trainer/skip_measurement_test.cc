// Initial weights by `match-rms` against paths measured once more from outside.
#include "worker/trainer/skip_measurement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace adares {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using torch::Tensor;

constexpr SkipInit kMatch{SkipInit::Kind::kMatchRms, 0.5, 0, 0};

ModelSpec Spec(SkipPlacement placement, Granularity granularity = Granularity::kBlock) {
  ModelSpec spec;
  spec.skip.granularity = granularity;
  spec.skip.init = kMatch;
  spec.skip.placement = placement;
  return spec;
}

Tensor Pictures() {
  torch::manual_seed(6);
  return torch::randn({8, 3, 16, 16}) * 3;
}

double Size(const Tensor& x) {
  return std::sqrt(x.to(torch::kFloat64).pow(2).mean().item<double>());
}

// The weighted path, as the sum takes it, in sizes of the other.
std::vector<double> Ratios(AdaResNet& model, const Tensor& images) {
  const torch::NoGradGuard no_grad;
  std::vector<double> ratios;
  Tensor x = model->Stem(images);
  for (size_t i = 0; i < model->sites().size(); ++i) {
    const auto paths = model->blocks()[i]->PathsOf(x);
    const double weight = model->sites()[i].weight.Value();
    const bool on_skip = model->sites()[i].weight.placement == SkipPlacement::kSkip;
    ratios.push_back(on_skip ? weight * Size(paths.ipd) / Size(paths.tfd)
                             : weight * Size(paths.tfd) / Size(paths.ipd));
    x = torch::relu((on_skip ? weight : 1.0) * paths.ipd + (on_skip ? 1.0 : weight) * paths.tfd);
  }
  return ratios;
}

TEST(SkipMeasurementTest, WeightedPathIsRatioTimesTheOtherInEveryBlock) {
  for (const SkipPlacement placement : {SkipPlacement::kSkip, SkipPlacement::kResidual}) {
    for (const Granularity granularity : {Granularity::kBlock, Granularity::kChannel}) {
      for (const SkipTraining train : {SkipTraining::kLearned, SkipTraining::kFrozen}) {
        ModelSpec spec = Spec(placement, granularity);
        spec.skip.train = train;
        AdaResNet model(spec, 3, 10, 2);
        ASSERT_TRUE(IsMeasured(spec.skip));
        const absl::Status status = InitialiseSkipWeights(model, Pictures());
        ASSERT_TRUE(status.ok()) << status;
        for (const auto& site : model->sites()) {
          EXPECT_EQ(site.weight.raw.min().item<float>(), site.weight.raw.max().item<float>());
        }
        for (const double ratio : Ratios(model, Pictures())) EXPECT_NEAR(ratio, 0.5, 1e-5);
      }
    }
  }
}

TEST(SkipMeasurementTest, RunningStatisticsAndModeStayAsTheyWere) {
  for (const Family family : {Family::kCifar, Family::kPaper}) {
    ModelSpec spec = Spec(SkipPlacement::kSkip);
    spec.family = family;
    spec.depth = family == Family::kPaper ? 18 : 8;
    AdaResNet model(spec, 3, 10, 2);
    const AdaResNet untouched(spec, 3, 10, 2);
    model->eval();
    ASSERT_TRUE(InitialiseSkipWeights(model, Pictures()).ok());
    EXPECT_FALSE(model->is_training());
    const auto buffers = untouched->named_buffers();
    ASSERT_FALSE(buffers.is_empty());
    for (const auto& item : model->named_buffers()) {
      EXPECT_TRUE(torch::equal(item.value(), buffers[item.key()])) << item.key();
    }
  }
}

TEST(SkipMeasurementTest, OnlyBlocksOfTheTypeAreMeasured) {
  ModelSpec spec = Spec(SkipPlacement::kSkip);
  spec.skip.init = {SkipInit::Kind::kConstant, 0.3, 0, 0};
  EXPECT_FALSE(IsMeasured(spec.skip));
  spec.skip.init_convolutional = kMatch;
  EXPECT_TRUE(IsMeasured(spec.skip));
  AdaResNet model(spec, 3, 10, 2);
  ASSERT_TRUE(InitialiseSkipWeights(model, Pictures()).ok());
  EXPECT_NEAR(model->sites()[0].weight.Value(), 0.3, 1e-7);
  const std::vector<double> ratios = Ratios(model, Pictures());
  EXPECT_NEAR(ratios[1], 0.5, 1e-5);
  EXPECT_NEAR(ratios[2], 0.5, 1e-5);
}

TEST(SkipMeasurementTest, ClampMovesTheValueIntoItsRange) {
  ModelSpec spec = Spec(SkipPlacement::kSkip);
  spec.skip.constraint = {SkipConstraint::Kind::kClamp, 0.01, 0.02};
  AdaResNet model(spec, 3, 10, 2);
  ASSERT_TRUE(InitialiseSkipWeights(model, Pictures()).ok());
  for (const auto& site : model->sites()) EXPECT_NEAR(site.weight.Value(), 0.02, 1e-8);
}

TEST(SkipMeasurementTest, PathOfZerosIsAnErrorThatNamesTheBlock) {
  ModelSpec spec = Spec(SkipPlacement::kResidual);
  spec.last_norm = LastNorm::kZero;
  AdaResNet model(spec, 3, 10, 2);
  const absl::Status status = InitialiseSkipWeights(model, Pictures());
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("match-rms(0.5)"), HasSubstr("residual path of block layer1.0"),
                    HasSubstr("root mean square 0"), HasSubstr("take another init")));
}

}  // namespace
}  // namespace adares
