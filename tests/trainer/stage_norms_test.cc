// Norms of stages, against sums over the parameters by their names.
#include "worker/trainer/stage_norms.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

namespace adares {
namespace {

using torch::Tensor;

std::map<std::string, double> ByKey(const std::vector<MetricPoint>& points) {
  std::map<std::string, double> values;
  for (const MetricPoint& point : points) values[point.key] = point.value;
  return values;
}

void Learn(AdaResNet& model, int64_t side = 8) {
  torch::manual_seed(8);
  const Tensor logits = model->forward(torch::randn({4, 3, side, side}));
  torch::nn::functional::cross_entropy(logits, torch::tensor({1, 2, 3, 4})).backward();
}

// p = p - rate * g for all parameters.
void Descend(AdaResNet& model, double rate) {
  const torch::NoGradGuard no_grad;
  for (Tensor& parameter : model->parameters()) parameter.sub_(rate * parameter.grad());
}

// Root of the sum of squares over the parameters, or gradients, whose names begin so.
double NormOf(const AdaResNet& model, const std::string& prefix, bool of_gradients) {
  double sum = 0;
  for (const auto& item : model->named_parameters()) {
    if (item.key().rfind(prefix, 0) != 0 || item.key().rfind("skip_weights", 0) == 0) continue;
    const Tensor& value = of_gradients ? item.value().grad() : item.value();
    sum += value.to(torch::kFloat64).square().sum().item<double>();
  }
  return std::sqrt(sum);
}

TEST(StageNormsTest, AreThoseOfTheirParameters) {
  ModelSpec spec;
  spec.skip.granularity = Granularity::kBlock;
  AdaResNet model(spec, 3, 10, 1);
  StageNorms norms(model);
  Learn(model);
  std::map<std::string, double> sizes;
  std::map<std::string, double> gradients;
  for (const std::string part : {"", "layer1.", "layer2.", "layer3."}) {
    sizes[part] = NormOf(model, part, false);
    gradients[part] = NormOf(model, part, true);
  }
  norms.Before();
  Descend(model, 0.1);
  norms.After();
  auto points = ByKey(norms.Points(7, 2));
  EXPECT_EQ(points.size(), 9u);
  for (const std::string stage : {"layer1", "layer2", "layer3"}) {
    const std::string part = stage + ".";
    EXPECT_NEAR(points["gradient_norm/" + stage], gradients[part], 1e-6 * gradients[part]);
    EXPECT_NEAR(points["update_ratio/" + stage], 0.1 * gradients[part] / sizes[part],
                1e-3 * points["update_ratio/" + stage]);  // floats round what they move by
  }
  EXPECT_NEAR(points["gradient_norm/all"], gradients[""], 1e-6 * gradients[""]);
  EXPECT_NEAR(points["update_ratio/all"], 0.1 * gradients[""] / sizes[""],
              1e-3 * points["update_ratio/all"]);
  EXPECT_NEAR(points["gradient_norm/first_to_last"], gradients["layer1."] / gradients["layer3."],
              1e-6 * points["gradient_norm/first_to_last"]);
  EXPECT_EQ(norms.Points(7, 2)[0].step, 7);
  EXPECT_EQ(norms.Points(7, 2)[0].epoch, 2);
}

TEST(StageNormsTest, SkipWeightsAreNotOfThem) {
  ModelSpec spec;
  spec.skip.granularity = Granularity::kBlock;
  AdaResNet model(spec, 3, 10, 1);
  StageNorms norms(model);
  for (Tensor weight : model->SkipParameters()) weight.mutable_grad() = torch::ones_like(weight);
  norms.Before();
  const torch::NoGradGuard no_grad;
  for (Tensor weight : model->SkipParameters()) weight.add_(1);
  norms.After();
  auto points = ByKey(norms.Points(1, 0));
  EXPECT_EQ(points["gradient_norm/all"], 0);
  EXPECT_EQ(points["update_ratio/all"], 0);
}

// Its gradient is rounding error that Adam makes a step of.
TEST(StageNormsTest, BiasesThatBatchNormTakesOutAreNotOfThemOthersAre) {
  for (const bool has_norm : {true, false}) {
    ModelSpec spec;
    spec.family = Family::kPaper;
    spec.depth = 18;
    spec.norm = has_norm ? Norm::kBatch : Norm::kNone;
    AdaResNet model(spec, 3, 10, 1);
    StageNorms norms(model);
    Tensor bias = model->named_parameters()["layer1.0.conv1.bias"];
    bias.mutable_grad() = torch::ones_like(bias);
    norms.Before();
    norms.After();
    const double expected = has_norm ? 0 : std::sqrt(static_cast<double>(bias.numel()));
    EXPECT_DOUBLE_EQ(ByKey(norms.Points(1, 0))["gradient_norm/layer1"], expected);
  }
}

// Weight decay moves dead taps, and without it they are dropped.
TEST(StageNormsTest, DeadTapsAreNotOfThem) {
  ModelSpec spec;
  spec.family = Family::kPaper;
  spec.depth = 18;
  AdaResNet model(spec, 3, 10, 1);
  StageNorms norms(model);
  Learn(model, 32);
  norms.Before();
  {
    const torch::NoGradGuard no_grad;
    // The maps of layer4 have one pixel: of its 3x3 kernels the centre alone is live.
    Tensor kernel = model->named_parameters()["layer4.1.conv2.weight"];
    Tensor centre = kernel.select(3, 1).select(2, 1);
    const Tensor kept = centre.clone();
    kernel.add_(1);
    centre.copy_(kept);
  }
  norms.After();
  EXPECT_EQ(ByKey(norms.Points(1, 0))["update_ratio/layer4"], 0);
  norms.Before();
  {
    const torch::NoGradGuard no_grad;
    model->named_parameters()["layer4.1.conv2.weight"].select(3, 1).select(2, 1).add_(1);
  }
  norms.After();
  EXPECT_GT(ByKey(norms.Points(1, 0))["update_ratio/layer4"], 0.1);
}

}  // namespace
}  // namespace adares
