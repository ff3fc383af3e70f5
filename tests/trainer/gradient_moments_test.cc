// Moments of gradients of the weights of a network.
#include "worker/trainer/gradient_moments.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "worker/trainer/gradient_snr.h"

namespace adares {
namespace {

using torch::Tensor;

ModelSpec Model(Granularity granularity) {
  ModelSpec model;
  model.skip.granularity = granularity;
  return model;
}

void SetGradient(const Tensor& parameter, const std::vector<float>& values) {
  Tensor leaf = parameter;
  leaf.mutable_grad() = torch::tensor(values).reshape(parameter.sizes());
}

// As GradientSnr has it, from the means that the test keeps itself.
class Reference {
 public:
  void Add(const std::vector<float>& gradient) {
    mean_.resize(gradient.size());
    square_.resize(gradient.size());
    for (size_t i = 0; i < gradient.size(); ++i) {
      const auto g = static_cast<double>(gradient[i]);
      mean_[i] = kGradientDecay * mean_[i] + (1 - kGradientDecay) * g;
      square_[i] = kGradientDecay * square_[i] + (1 - kGradientDecay) * g * g;
    }
    ++steps_;
  }
  double Snr() const {
    double mean_squares = 0;
    double squares = 0;
    for (size_t i = 0; i < mean_.size(); ++i) {
      mean_squares += mean_[i] * mean_[i];
      squares += square_[i];
    }
    return GradientSnr(mean_squares, squares, steps_);
  }

 private:
  std::vector<double> mean_, square_;
  int64_t steps_ = 0;
};

TEST(GradientMomentsTest, EachWeightHasARatioOfItsOwn) {
  const AdaResNet model(Model(Granularity::kBlock), 3, 10, 1);
  const std::vector<Tensor> weights = model->SkipParameters();
  ASSERT_EQ(weights.size(), 3u);
  GradientMoments moments(model);
  std::vector<Reference> references(3);
  for (int step = 1; step <= 20; ++step) {
    for (size_t i = 0; i < 3; ++i) {
      const std::vector<float> gradient = {static_cast<float>(i + 1) +
                                           (step % 2 == 0 ? 0.5f : -0.5f)};
      SetGradient(weights[i], gradient);
      references[i].Add(gradient);
    }
    moments.Add();
  }
  const std::vector<double> snr = moments.Snr(20);
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(snr[i], references[i].Snr(), 1e-9);
  EXPECT_LT(snr[0], snr[2]);
}

TEST(GradientMomentsTest, ChannelsMakeOneRatio) {
  const AdaResNet model(Model(Granularity::kChannel), 3, 10, 1);
  const std::vector<Tensor> weights = model->SkipParameters();
  GradientMoments moments(model);
  Reference reference;
  for (int step = 1; step <= 10; ++step) {
    for (const Tensor& weight : weights) {
      std::vector<float> gradient;
      for (int64_t c = 0; c < weight.numel(); ++c) {
        gradient.push_back(static_cast<float>(c % 3 - 1) + 0.1f * static_cast<float>(step));
      }
      SetGradient(weight, gradient);
      if (weight.is_same(weights[1])) reference.Add(gradient);
    }
    moments.Add();
  }
  EXPECT_NEAR(moments.Snr(10)[1], reference.Snr(), 1e-9);
}

TEST(GradientMomentsTest, AWeightWithoutGradientHasTheGradientZero) {
  const AdaResNet model(Model(Granularity::kBlock), 3, 10, 1);
  GradientMoments moments(model);
  Reference reference;
  for (int step = 1; step <= 10; ++step) {
    Tensor weight = model->SkipParameters()[0];
    weight.mutable_grad().reset();
    if (step % 3 == 0) SetGradient(weight, {1});
    reference.Add({step % 3 == 0 ? 1.0f : 0.0f});
    moments.Add();
  }
  EXPECT_NEAR(moments.Snr(10)[0], reference.Snr(), 1e-9);
  EXPECT_TRUE(std::isnan(moments.Snr(10)[1]));
}

TEST(GradientMomentsTest, ANetworkWithoutLearnedWeightsHasNone) {
  const AdaResNet model(Model(Granularity::kNone), 3, 10, 1);
  GradientMoments moments(model);
  moments.Add();
  EXPECT_TRUE(moments.Snr(1).empty());
}

TEST(GradientMomentsTest, GoOnFromTheirState) {
  const AdaResNet model(Model(Granularity::kBlock), 3, 10, 1);
  GradientMoments whole(model);
  GradientMoments part(model);
  for (int step = 1; step <= 8; ++step) {
    for (const Tensor& weight : model->SkipParameters()) {
      SetGradient(weight, {static_cast<float>(step * step)});
    }
    whole.Add();
    GradientMoments next(model);
    ASSERT_TRUE(next.Restore(part.State()).ok());
    part = next;
    part.Add();
  }
  EXPECT_EQ(part.Snr(8), whole.Snr(8));
}

TEST(GradientMomentsTest, ThoseOfAnotherNetworkAreRefused) {
  const AdaResNet model(Model(Granularity::kBlock), 3, 10, 1);
  const AdaResNet other(Model(Granularity::kUnified), 3, 10, 1);
  GradientMoments moments(model);
  EXPECT_EQ(moments.Restore(GradientMoments(other).State()).code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace adares
