// Initial weights by `match-rms` and `admin` against paths measured once more from outside.
#include "worker/trainer/skip_measurement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tests/trainer/skip_weight_values.h"

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
    const double weight = ValueOf(model->sites()[i].weight);
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
        ASSERT_EQ(MeasuredBatches(spec.skip), 1);
        const absl::Status status = InitialiseSkipWeights(model, {Pictures()});
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
    ASSERT_TRUE(InitialiseSkipWeights(model, {Pictures()}).ok());
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
  EXPECT_EQ(MeasuredBatches(spec.skip), 0);
  spec.skip.init_convolutional = kMatch;
  EXPECT_EQ(MeasuredBatches(spec.skip), 1);
  AdaResNet model(spec, 3, 10, 2);
  ASSERT_TRUE(InitialiseSkipWeights(model, {Pictures()}).ok());
  EXPECT_NEAR(ValueOf(model->sites()[0].weight), 0.3, 1e-7);
  const std::vector<double> ratios = Ratios(model, Pictures());
  EXPECT_NEAR(ratios[1], 0.5, 1e-5);
  EXPECT_NEAR(ratios[2], 0.5, 1e-5);
}

TEST(SkipMeasurementTest, ClampMovesTheValueIntoItsRange) {
  ModelSpec spec = Spec(SkipPlacement::kSkip);
  spec.skip.constraint = {SkipConstraint::Kind::kClamp, 0.01, 0.02};
  AdaResNet model(spec, 3, 10, 2);
  ASSERT_TRUE(InitialiseSkipWeights(model, {Pictures()}).ok());
  for (const auto& site : model->sites()) EXPECT_NEAR(ValueOf(site.weight), 0.02, 1e-8);
}

// Square of the root mean square over batches of different sizes, and variance, by another formula.
double MeanSquare(const std::vector<Tensor>& parts) {
  double sum = 0;
  int64_t count = 0;
  for (const Tensor& part : parts) {
    sum += part.to(torch::kFloat64).pow(2).sum().item<double>();
    count += part.numel();
  }
  return sum / static_cast<double>(count);
}
double Variance(const std::vector<Tensor>& parts) {
  std::vector<Tensor> flat;
  for (const Tensor& part : parts) flat.push_back(part.to(torch::kFloat64).flatten());
  const Tensor all = torch::cat(flat);
  return (all - all.mean()).pow(2).mean().item<double>();
}

// The paths of each block on each batch, with the skip weights that the model has.
struct BlockPaths {
  std::vector<Tensor> ipd, tfd;
};
std::vector<BlockPaths> PathsOf(AdaResNet& model, std::vector<Tensor> batches) {
  const torch::NoGradGuard no_grad;
  for (Tensor& x : batches) x = model->Stem(x);
  std::vector<BlockPaths> blocks;
  for (size_t i = 0; i < model->sites().size(); ++i) {
    BlockPaths& block = blocks.emplace_back();
    const double weight = ValueOf(model->sites()[i].weight);
    for (Tensor& x : batches) {
      const auto paths = model->blocks()[i]->PathsOf(x);
      block.ipd.push_back(paths.ipd);
      block.tfd.push_back(paths.tfd);
      x = torch::relu(weight * paths.ipd + paths.tfd);
    }
  }
  return blocks;
}

std::vector<Tensor> Batches() {
  torch::manual_seed(8);
  return {torch::randn({8, 3, 16, 16}) * 3, torch::randn({8, 3, 16, 16}) + 1,
          torch::randn({3, 3, 16, 16})};
}

TEST(SkipMeasurementTest, SeveralBatchesCountByTheirPictures) {
  ModelSpec spec = Spec(SkipPlacement::kSkip);
  spec.skip.init.batches = 3;
  spec.skip.init_identity = SkipInit{SkipInit::Kind::kMatchRms, 0.5, 0, 0, 0, 2};
  EXPECT_EQ(MeasuredBatches(spec.skip), 3);
  AdaResNet model(spec, 3, 10, 2);
  ASSERT_TRUE(InitialiseSkipWeights(model, Batches()).ok());
  const std::vector<BlockPaths> blocks = PathsOf(model, Batches());
  for (size_t i = 0; i < blocks.size(); ++i) {
    const double weight = ValueOf(model->sites()[i].weight);
    const double ratio = MeanSquare(blocks[i].ipd) / MeanSquare(blocks[i].tfd);
    EXPECT_NEAR(weight * std::sqrt(ratio), 0.5, 1e-5) << i;
  }
}

TEST(SkipMeasurementTest, AdminGivesTheSkipPathTheVarianceOfTheBranchesBefore) {
  for (const Granularity granularity : {Granularity::kBlock, Granularity::kChannel}) {
    ModelSpec spec = Spec(SkipPlacement::kSkip, granularity);
    spec.depth = 14;  // identity blocks in each stage
    spec.skip.init = {SkipInit::Kind::kAdmin, 1, 0, 0, 0, 3};
    EXPECT_EQ(MeasuredBatches(spec.skip), 3);
    AdaResNet model(spec, 3, 10, 2);
    ASSERT_TRUE(InitialiseSkipWeights(model, Batches()).ok());
    const std::vector<BlockPaths> blocks = PathsOf(model, Batches());
    ASSERT_EQ(blocks.size(), 6u);
    double before = Variance(blocks[0].ipd);
    for (size_t i = 0; i < blocks.size(); ++i) {
      const double weight = ValueOf(model->sites()[i].weight);
      EXPECT_NEAR(weight * weight * Variance(blocks[i].ipd) / before, 1, 1e-5) << i;
      before += Variance(blocks[i].tfd);
    }
    EXPECT_NEAR(ValueOf(model->sites()[0].weight), 1, 1e-6);
    EXPECT_GT(ValueOf(model->sites()[5].weight), 1.5) << "after two projections to variance 1";
  }
}

TEST(SkipMeasurementTest, AdminOnASkipPathOfZerosIsAnErrorThatNamesTheBlock) {
  ModelSpec spec = Spec(SkipPlacement::kSkip);
  spec.skip.init = {SkipInit::Kind::kAdmin, 1, 0, 0};
  AdaResNet model(spec, 3, 10, 2);
  const absl::Status status = InitialiseSkipWeights(model, {torch::zeros({4, 3, 16, 16})});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(
      std::string(status.message()),
      AllOf(HasSubstr("admin"), HasSubstr("skip path of block layer1.0"), HasSubstr("variance 0")));
}

TEST(SkipMeasurementTest, PathOfZerosIsAnErrorThatNamesTheBlock) {
  ModelSpec spec = Spec(SkipPlacement::kResidual);
  spec.last_norm = LastNorm::kZero;
  AdaResNet model(spec, 3, 10, 2);
  const absl::Status status = InitialiseSkipWeights(model, {Pictures()});
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("match-rms(0.5)"), HasSubstr("residual path of block layer1.0"),
                    HasSubstr("root mean square 0"), HasSubstr("take another init")));
}

}  // namespace
}  // namespace adares
