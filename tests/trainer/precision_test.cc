// bf16 where it is wanted, float32 where it is needed, and nothing that stays behind.
#include "worker/trainer/precision.h"

#include <ATen/Context.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <vector>

#include "tests/trainer/drawn_gradients.h"
#include "worker/trainer/convolution.h"
#include "worker/trainer/skip_sum.h"

namespace adares {
namespace {

using torch::Tensor;

torch::ScalarType TypeOfProduct() {
  return torch::mm(torch::ones({2, 2}), torch::ones({2, 2})).scalar_type();
}

TEST(PrecisionTest, ProductsAreBf16InsideTheScopeAlone) {
  {
    const Autocast scope(Precision::kBf16, "cpu");
    EXPECT_EQ(TypeOfProduct(), torch::kBFloat16);
  }
  EXPECT_EQ(TypeOfProduct(), torch::kFloat32);
  const Autocast scope(Precision::kFp32, "cpu");
  EXPECT_EQ(TypeOfProduct(), torch::kFloat32);
}

TEST(PrecisionTest, Tf32IsForCudaAndEndsWithItsScope) {
  EXPECT_TRUE(CheckPrecision(Precision::kTf32, "cuda:0").ok());
  EXPECT_TRUE(CheckPrecision(Precision::kBf16, "cpu").ok());
  EXPECT_THAT(std::string(CheckPrecision(Precision::kTf32, "cpu").message()),
              testing::HasSubstr("train.precision tf32 needs a CUDA device"));
  at::Context& context = at::globalContext();
  context.setAllowTF32CuDNN(true);
  context.setAllowTF32CuBLAS(false);
  for (const Precision precision : {Precision::kTf32, Precision::kFp32, Precision::kBf16}) {
    {
      const MatrixPrecision scope(precision);
      EXPECT_EQ(context.allowTF32CuDNN(), precision == Precision::kTf32);
      EXPECT_EQ(context.allowTF32CuBLAS(), precision == Precision::kTf32);
    }
    EXPECT_TRUE(context.allowTF32CuDNN());
    EXPECT_FALSE(context.allowTF32CuBLAS());
  }
}

// One forward and backward pass in training mode.
struct Pass {
  Pass(const ModelSpec& spec, Precision precision) : model(SmallNetwork(spec)) {
    torch::manual_seed(3);
    const Tensor pictures =
        torch::randn({16, 3, 16, 16}).contiguous(torch::MemoryFormat::ChannelsLast);
    const Tensor labels = torch::randint(10, {16}, torch::kInt64);
    {
      const Autocast scope(precision, "cpu");
      logits = model->forward(pictures);
    }
    torch::nn::functional::cross_entropy(logits.to(torch::kFloat32), labels).backward();
  }
  AdaResNet model;
  Tensor logits;
};

TEST(PrecisionTest, ParametersGradientsAndStatisticsStayFloat) {
  ModelSpec spec;
  spec.skip.granularity = Granularity::kBlock;
  const Pass full(spec, Precision::kFp32);
  const Pass reduced(spec, Precision::kBf16);
  EXPECT_EQ(reduced.logits.scalar_type(), torch::kBFloat16);
  for (const Tensor& parameter : reduced.model->parameters()) {
    EXPECT_EQ(parameter.scalar_type(), torch::kFloat32);
    EXPECT_EQ(parameter.grad().scalar_type(), torch::kFloat32);
  }
  const auto statistics = full.model->named_buffers();
  for (const auto& item : reduced.model->named_buffers()) {
    const Tensor& expected = statistics[item.key()];
    EXPECT_EQ(item.value().scalar_type(), expected.scalar_type()) << item.key();
    EXPECT_TRUE(torch::allclose(item.value(), expected, 0.03, 0.01)) << item.key();
  }
}

TEST(PrecisionTest, BatchNormTakesBf16PicturesWithFloatStatistics) {
  torch::manual_seed(9);
  const Tensor pictures = (torch::randn({32, 8, 12, 12}) + 3).to(torch::kBFloat16);
  torch::nn::BatchNorm2d norm(8);
  torch::nn::BatchNorm2d exact(8);
  Tensor out;
  {
    const Autocast scope(Precision::kBf16, "cpu");
    out = norm->forward(pictures);
  }
  exact->to(torch::kFloat64);
  exact->forward(pictures.to(torch::kFloat64));
  EXPECT_EQ(out.scalar_type(), torch::kBFloat16);
  for (const auto& item : exact->named_buffers()) {
    const Tensor& statistic = norm->named_buffers()[item.key()];
    EXPECT_TRUE(torch::allclose(statistic.to(torch::kFloat64), item.value().to(torch::kFloat64),
                                1e-5, 1e-6))
        << item.key();
  }
}

// Length of the difference of the gradients, in lengths of the exact ones.
double GradientError(const std::vector<Tensor>& reduced, const std::vector<Tensor>& full) {
  double difference = 0;
  double length = 0;
  for (size_t i = 0; i < full.size(); ++i) {
    difference += (reduced[i].grad() - full[i].grad()).square().sum().item<double>();
    length += full[i].grad().square().sum().item<double>();
  }
  return std::sqrt(difference / length);
}

// Also where memory holds large numbers from before.
TEST(PrecisionTest, TapsThatASinglePixelDoesNotMeetHaveNoGradient) {
  Convolution convolution(ConvShape{64, 64, 3, 2}, LayerStyle{});
  {
    const torch::NoGradGuard no_grad;
    convolution->weight.fill_(0.01);
  }
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < 8; ++i) {
      (void)torch::full({convolution->weight.numel() * (1 + i % 2)}, 1e30, torch::kBFloat16);
    }
    const torch::Tensor x =
        torch::ones({32, 64, 1, 1}, torch::kBFloat16).contiguous(at::MemoryFormat::ChannelsLast);
    torch::Tensor sum;
    {
      const Autocast scope(Precision::kBf16, "cpu");
      sum = convolution->forward(x).to(torch::kFloat32).sum();
    }
    convolution->weight.mutable_grad() = torch::Tensor();
    sum.backward();
    torch::Tensor gradient = convolution->weight.grad().clone();
    EXPECT_TRUE(gradient.select(3, 1).select(2, 1).eq(32).all().item<bool>());
    gradient.select(3, 1).select(2, 1).zero_();
    ASSERT_TRUE(gradient.eq(0).all().item<bool>()) << "round " << round;
  }
}

TEST(PrecisionTest, GradientsOfSkipWeightsAgreeToBf16) {
  for (const Granularity granularity : {Granularity::kUnified, Granularity::kChannel}) {
    for (const SkipPlacement placement : {SkipPlacement::kSkip, SkipPlacement::kBoth}) {
      ModelSpec spec;
      spec.skip.granularity = granularity;
      spec.skip.placement = placement;
      spec.skip.init.value = 0.7;
      const Pass full(spec, Precision::kFp32);
      const Pass reduced(spec, Precision::kBf16);
      const double error =
          GradientError(reduced.model->SkipParameters(), full.model->SkipParameters());
      const double of_all = GradientError(reduced.model->parameters(), full.model->parameters());
      EXPECT_LT(error, of_all);
      EXPECT_LT(of_all, 0.2);  // most of it comes of signs that change where ReLU bends
      EXPECT_GT(error, 1e-4) << "was this bf16?";
    }
  }
}

// The terms are rounded, the rest is not: the gradient of the weight is that of float terms of the
// same values.
TEST(PrecisionTest, SumOfBf16TermsKeepsItsWeightInFloat) {
  torch::manual_seed(6);
  const Tensor tfd = torch::randn({4, 8, 16, 16}).to(torch::kBFloat16);
  const Tensor ipd = torch::randn({4, 8, 16, 16}).to(torch::kBFloat16);
  const Tensor incoming = torch::randn({4, 8, 16, 16}).to(torch::kBFloat16);
  // 1 + 2^-12 is 1 in bf16, so that rounded weights would be seen in the gradients of the terms.
  for (const Tensor& start : {torch::full({}, 1 + 0x1p-12), torch::full({8}, 1 + 0x1p-12)}) {
    Tensor weight = start.clone().requires_grad_();
    const Tensor out = SkipSum(tfd, ipd, {weight, {}});
    EXPECT_EQ(out.scalar_type(), torch::kBFloat16);
    out.backward(incoming);
    Tensor exact = start.to(torch::kFloat64).requires_grad_();
    SkipSumByOperations(tfd.to(torch::kFloat64), ipd.to(torch::kFloat64), {exact, {}})
        .backward(incoming.to(torch::kFloat64));
    EXPECT_EQ(weight.grad().scalar_type(), torch::kFloat32);
    EXPECT_TRUE(torch::allclose(weight.grad().to(torch::kFloat64), exact.grad(), 1e-4, 1e-3));
    const Tensor sum =
        SkipSumByOperations(tfd.to(torch::kFloat32), ipd.to(torch::kFloat32), {start, {}});
    EXPECT_TRUE(torch::equal(out, sum.to(torch::kBFloat16)));
  }
}

}  // namespace
}  // namespace adares
