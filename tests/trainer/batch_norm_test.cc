// Running statistics of both frameworks against sums written out.
#include "worker/trainer/batch_norm.h"

#include <gtest/gtest.h>

namespace adares {
namespace {

using torch::Tensor;

// The moving variance of channel `c` after the batches, by Keras' rule: the mean square deviation.
double MovingVariance(const std::vector<Tensor>& batches, int64_t c, bool biased, double momentum) {
  double moving = 1;
  for (const Tensor& batch : batches) {
    const Tensor values = batch.select(1, c).to(torch::kFloat64).contiguous().view(-1);
    const double n = static_cast<double>(values.numel());
    double sum = 0;
    for (int64_t i = 0; i < values.numel(); ++i) sum += values[i].item<double>();
    double squares = 0;
    for (int64_t i = 0; i < values.numel(); ++i) {
      const double deviation = values[i].item<double>() - sum / n;
      squares += deviation * deviation;
    }
    moving = (1 - momentum) * moving + momentum * squares / (biased ? n : n - 1);
  }
  return moving;
}

TEST(BatchNormTest, RunningVarianceIsBiasedInKerasAndUnbiasedInLibTorch) {
  torch::manual_seed(1);
  // Few values a channel, and a short batch, so that the two differ by a fifth and more.
  const std::vector<Tensor> batches{torch::randn({5, 3, 1, 1}), torch::randn({5, 3, 1, 1}) * 2 + 1,
                                    torch::randn({2, 3, 1, 1})};
  for (const bool biased : {false, true}) {
    LayerStyle style;
    style.biased_variance = biased;
    style.norm_momentum = 0.1;
    BatchNorm norm(3, style);
    for (const Tensor& batch : batches) {
      const Tensor x = batch.clone().requires_grad_();
      norm->forward(x).square().sum().backward();  // the change must not disturb it
    }
    for (int64_t c = 0; c < 3; ++c) {
      EXPECT_NEAR(norm->running_var[c].item<double>(), MovingVariance(batches, c, biased, 0.1),
                  1e-6);
    }
    EXPECT_EQ(norm->num_batches_tracked.item<int64_t>(), 3);
    norm->eval();
    const Tensor kept = norm->running_var.clone();
    norm->forward(batches[0]);
    EXPECT_TRUE(torch::equal(norm->running_var, kept));
  }
}

TEST(BatchNormTest, OutputAndGradientAreTheSameInBothStyles) {
  torch::manual_seed(1);
  const Tensor pictures = torch::randn({4, 3, 2, 2});
  std::vector<Tensor> outputs, gradients;
  for (const bool biased : {false, true}) {
    LayerStyle style;
    style.biased_variance = biased;
    BatchNorm norm(3, style);
    const Tensor x = pictures.clone().requires_grad_();
    outputs.push_back(norm->forward(x));
    outputs.back().pow(3).sum().backward();
    gradients.push_back(x.grad());
  }
  EXPECT_TRUE(torch::equal(outputs[0], outputs[1]));
  EXPECT_TRUE(torch::equal(gradients[0], gradients[1]));
}

TEST(BatchNormTest, OneValueAChannelCannotBeTrainedOn) {
  BatchNorm norm(3, LayerStyle{});
  EXPECT_ANY_THROW(norm->forward(torch::ones({1, 3, 1, 1})));
  norm->eval();
  EXPECT_NO_THROW(norm->forward(torch::ones({1, 3, 1, 1})));
}

}  // namespace
}  // namespace adares
