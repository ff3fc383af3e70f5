// A bottleneck block, forward and backward, against loops written out by hand, in double.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tests/trainer/skip_weight_values.h"
#include "worker/trainer/residual_block.h"

namespace adares {
namespace {

using torch::Tensor;

// Maps as plain numbers, one picture after another.
struct Map {
  int64_t pictures, channels, side;
  std::vector<double> values;
  double& At(int64_t n, int64_t c, int64_t y, int64_t x) {
    return values[static_cast<size_t>(((n * channels + c) * side + y) * side + x)];
  }
};

Map Zeros(int64_t pictures, int64_t channels, int64_t side) {
  const int64_t size = pictures * channels * side * side;
  return {pictures, channels, side, std::vector<double>(static_cast<size_t>(size))};
}

Map FromTensor(const Tensor& x) {
  Map map = Zeros(x.size(0), x.size(1), x.size(2));
  const Tensor flat = x.detach().contiguous().view(-1);
  std::copy_n(flat.data_ptr<double>(), map.values.size(), map.values.begin());
  return map;
}

// With a padding of k / 2 zeros.
Map Convolve(Map x, const Tensor& kernel, const Tensor& bias, int64_t stride) {
  const int64_t k = kernel.size(2);
  Map out = Zeros(x.pictures, kernel.size(0), (x.side + 2 * (k / 2) - k) / stride + 1);
  const auto weight = kernel.accessor<double, 4>();
  for (int64_t n = 0; n < x.pictures; ++n) {
    for (int64_t c = 0; c < out.channels; ++c) {
      for (int64_t y = 0; y < out.side; ++y) {
        for (int64_t z = 0; z < out.side; ++z) {
          double sum = bias.defined() ? bias[c].item<double>() : 0;
          for (int64_t i = 0; i < x.channels; ++i) {
            for (int64_t v = 0; v < k; ++v) {
              for (int64_t w = 0; w < k; ++w) {
                const int64_t row = y * stride + v - k / 2;
                const int64_t column = z * stride + w - k / 2;
                if (row < 0 || column < 0 || row >= x.side || column >= x.side) continue;
                sum += weight[c][i][v][w] * x.At(n, i, row, column);
              }
            }
          }
          out.At(n, c, y, z) = sum;
        }
      }
    }
  }
  return out;
}

// By the statistics of the batch.
void Normalise(Map& x, const Tensor& scale, const Tensor& shift, double eps) {
  const auto count = static_cast<double>(x.pictures * x.side * x.side);
  for (int64_t c = 0; c < x.channels; ++c) {
    const auto for_all = [&](const auto& act) {
      for (int64_t n = 0; n < x.pictures; ++n) {
        for (int64_t i = 0; i < x.side * x.side; ++i) act(x.At(n, c, i / x.side, i % x.side));
      }
    };
    double mean = 0;
    double variance = 0;
    for_all([&](double value) { mean += value / count; });
    for_all([&](double value) { variance += (value - mean) * (value - mean) / count; });
    const double factor = scale[c].item<double>() / std::sqrt(variance + eps);
    const double offset = shift[c].item<double>();
    for_all([&](double& value) { value = (value - mean) * factor + offset; });
  }
}

void Rectify(Map& x) {
  for (double& value : x.values) value = std::max(value, 0.0);
}

struct Strides {
  int64_t first, second;
};

Map ByHand(const ResidualBlock& block, const Map& x, Strides strides, double eps, double weight) {
  const auto values = block->named_parameters();
  const auto layer = [&](const Map& in, const std::string& conv, const std::string& norm,
                         int64_t stride) {
    const Tensor* bias = values.find(conv + ".bias");
    Map out = Convolve(in, values[conv + ".weight"], bias == nullptr ? Tensor() : *bias, stride);
    Normalise(out, values[norm + ".weight"], values[norm + ".bias"], eps);
    return out;
  };
  Map tfd = layer(x, "conv1", "bn1", strides.first);
  Rectify(tfd);
  tfd = layer(tfd, "conv2", "bn2", strides.second);
  Rectify(tfd);
  tfd = layer(tfd, "conv3", "bn3", 1);
  const bool projects = values.contains("downsample.0.weight");
  const Map ipd =
      projects ? layer(x, "downsample.0", "downsample.1", strides.first * strides.second) : x;
  for (size_t i = 0; i < tfd.values.size(); ++i) tfd.values[i] += weight * ipd.values[i];
  Rectify(tfd);
  return tfd;
}

struct Case {
  BlockShape shape;
  LayerStyle style;
  Strides strides;
};

// torchvision's, with and without projection, and Keras'.
std::vector<Case> Cases() {
  LayerStyle keras;
  keras.conv_bias = true;
  keras.norm_eps = 1.001e-5;
  keras.stride_in_first = true;
  return {{{8, 8, 1, false, true}, LayerStyle{}, {1, 1}},
          {{4, 8, 1, true, true}, LayerStyle{}, {1, 1}},
          {{4, 8, 2, true, true}, LayerStyle{}, {1, 2}},
          {{4, 8, 2, true, true}, keras, {2, 1}}};
}

TEST(BottleneckTest, ForwardAndBackwardEqualTheLoops) {
  for (const Case& c : Cases()) {
    torch::manual_seed(9);
    SkipWeight weight;
    weight.raw = torch::full({}, 0.7, torch::kFloat64).requires_grad_();
    ResidualBlock block(c.shape, c.style, weight);
    block->to(torch::kFloat64);
    {
      const torch::NoGradGuard no_grad;
      for (Tensor& parameter : block->parameters()) {
        parameter.copy_(torch::randn_like(parameter) * 0.5 + (parameter.dim() == 1 ? 1.0 : 0.0));
      }
    }
    const Tensor x = torch::randn({2, c.shape.in_channels, 4, 4}, torch::kFloat64).requires_grad_();
    const Tensor y = block->forward(x);
    const Tensor upstream = torch::randn_like(y);
    (y * upstream).sum().backward();
    const auto loss = [&](const Map& picture, double w) {
      const Map out = ByHand(block, picture, c.strides, c.style.norm_eps, w);
      double sum = 0;
      const Tensor flat = upstream.contiguous().view(-1);
      for (size_t i = 0; i < out.values.size(); ++i) {
        sum += out.values[i] * flat.data_ptr<double>()[i];
      }
      return sum;
    };
    const Map expected = ByHand(block, FromTensor(x), c.strides, c.style.norm_eps, 0.7);
    const Map own = FromTensor(y);
    ASSERT_EQ(own.values.size(), expected.values.size());
    for (size_t i = 0; i < own.values.size(); ++i) {
      EXPECT_NEAR(own.values[i], expected.values[i], 1e-10);
    }
    // Central differences of the loops: by the weight, some pixels, and one element of each tensor.
    constexpr double kStep = 1e-6;
    const Map picture = FromTensor(x);
    EXPECT_NEAR(GradientOf(weight),
                (loss(picture, 0.7 + kStep) - loss(picture, 0.7 - kStep)) / (2 * kStep), 1e-6);
    for (size_t i = 0; i < picture.values.size(); i += 7) {
      Map above = picture;
      Map below = picture;
      above.values[i] += kStep;
      below.values[i] -= kStep;
      EXPECT_NEAR(x.grad().contiguous().data_ptr<double>()[i],
                  (loss(above, 0.7) - loss(below, 0.7)) / (2 * kStep), 1e-6);
    }
    const torch::NoGradGuard no_grad;
    for (const auto& item : block->named_parameters()) {
      Tensor element = item.value().view(-1)[item.value().numel() / 2];
      const double gradient =
          item.value().grad().reshape(-1)[item.value().numel() / 2].item<double>();
      element += kStep;
      const double above = loss(picture, 0.7);
      element -= 2 * kStep;
      const double below = loss(picture, 0.7);
      element += kStep;
      EXPECT_NEAR(gradient, (above - below) / (2 * kStep), 1e-6) << item.key();
    }
  }
}

}  // namespace
}  // namespace adares
