// The loops give the numbers of LibTorch's operations, whatever the layouts, on any number of
// threads.
#include "worker/trainer/parameter_update.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "tests/trainer/update_by_operations.h"

namespace adares {
namespace {

using torch::Tensor;

const std::vector<UpdateRule> kRules = {UpdateRule::kSgd, UpdateRule::kMomentum,
                                        UpdateRule::kNesterov, UpdateRule::kAdam};

StepNumbers Numbers() {
  StepNumbers numbers;
  numbers.rate = 0.03;
  numbers.gradient_scale = 0.7;
  numbers.decay = 0.2;
  numbers.shrink = 0.01;
  numbers.centre = 0.5;
  numbers.momentum = 0.8;
  numbers.root_scale = 1.7;
  numbers.epsilon = 1e-3;
  return numbers;
}

// A scalar, a parameter that ends inside its second chunk, a kernel with channels last and one of
// 1x1 whose gradient has other strides.
std::vector<ParameterUpdate> Updates() {
  torch::manual_seed(5);
  const std::vector<std::vector<int64_t>> shapes = {{}, {3, 7001}, {8, 4, 3, 3}, {6, 5, 1, 1}};
  std::vector<ParameterUpdate> updates;
  for (const auto& shape : shapes) {
    Tensor parameter = torch::randn(shape);
    if (shape.size() == 4) parameter = parameter.contiguous(torch::MemoryFormat::ChannelsLast);
    const Tensor second = torch::rand_like(parameter);
    updates.push_back(
        {parameter, torch::randn(shape), torch::randn_like(parameter), second, Numbers()});
  }
  updates[1].numbers = {};
  updates[1].numbers.rate = 0.1;
  updates[1].numbers.epsilon = 1e-3;
  return updates;
}

std::vector<Tensor> Results(const std::vector<ParameterUpdate>& updates) {
  std::vector<Tensor> results;
  for (const ParameterUpdate& update : updates) {
    results.insert(results.end(), {update.parameter, update.first, update.second});
  }
  return results;
}

TEST(ParameterUpdateTest, LoopsAndOperationsAgree) {
  for (const UpdateRule rule : kRules) {
    const std::vector<ParameterUpdate> by_loops = Updates();
    const std::vector<ParameterUpdate> by_operations = Updates();
    for (int step = 0; step < 3; ++step) {
      Update(rule, by_loops);
      UpdateByOperations(rule, by_operations);
    }
    const std::vector<Tensor> loops = Results(by_loops);
    const std::vector<Tensor> operations = Results(by_operations);
    const std::vector<Tensor> start = Results(Updates());
    for (size_t i = 0; i < loops.size(); ++i) {
      EXPECT_TRUE(torch::allclose(loops[i], operations[i], 1e-5, 1e-6)) << "rule " << int(rule);
    }
    EXPECT_FALSE(torch::allclose(loops[0], start[0], 1e-3, 1e-3));
  }
}

TEST(ParameterUpdateTest, GradientsStayAsTheyAre) {
  const std::vector<ParameterUpdate> updates = Updates();
  Update(UpdateRule::kNesterov, updates);
  const std::vector<ParameterUpdate> fresh = Updates();
  for (size_t i = 0; i < updates.size(); ++i) {
    EXPECT_TRUE(torch::equal(updates[i].gradient, fresh[i].gradient));
  }
}

TEST(ParameterUpdateTest, ThreadsChangeNoBit) {
  std::vector<std::vector<Tensor>> results;
  for (const int threads : {1, 2, 3}) {
    at::set_num_threads(threads);
    std::vector<ParameterUpdate> updates = Updates();
    ClipTogether(1.5, updates);
    Update(UpdateRule::kAdam, updates);
    results.push_back(Results(updates));
  }
  at::set_num_threads(1);
  for (size_t i = 0; i < results[0].size(); ++i) {
    EXPECT_TRUE(torch::equal(results[0][i], results[1][i]));
    EXPECT_TRUE(torch::equal(results[0][i], results[2][i]));
  }
}

double LengthOf(const std::vector<ParameterUpdate>& updates) {
  double square = 0;
  for (const ParameterUpdate& update : updates) {
    square += update.gradient.to(torch::kFloat64).square().sum().item<double>();
  }
  return std::sqrt(square);
}

TEST(ParameterUpdateTest, LoopsAndOperationsClipAlike) {
  for (const double longest : {1.5, 1e9}) {
    std::vector<ParameterUpdate> by_loops = Updates();
    std::vector<ParameterUpdate> by_operations = Updates();
    for (auto* updates : {&by_loops, &by_operations}) {
      for (ParameterUpdate& update : *updates) update.numbers.gradient_scale = 1;
    }
    ClipTogether(longest, by_loops);
    ClipTogetherByOperations(longest, by_operations);
    for (size_t i = 0; i < by_loops.size(); ++i) {
      const Tensor clipped = by_operations[i].gradient;
      EXPECT_TRUE(torch::allclose(by_loops[i].gradient * by_loops[i].numbers.gradient_scale,
                                  clipped, 1e-5, 1e-7));
    }
    const double unclipped = LengthOf(Updates());
    EXPECT_NEAR(LengthOf(by_operations), std::min(longest, unclipped), 1e-3);
    EXPECT_GT(unclipped, 100);
  }
}

// A loss that is not finite has to be seen as what it is.
TEST(ParameterUpdateTest, EndlessGradientsAreNotShortened) {
  for (const double wrong : {std::numeric_limits<double>::infinity(), std::nan("")}) {
    std::vector<ParameterUpdate> updates = Updates();
    const Tensor other = updates[1].gradient.clone();
    updates[0].gradient.fill_(wrong);
    const double scale = updates[1].numbers.gradient_scale;
    ClipTogether(1, updates);
    EXPECT_TRUE(torch::equal(updates[1].gradient, other));
    EXPECT_EQ(updates[1].numbers.gradient_scale, scale);
    EXPECT_FALSE(updates[0].gradient.isfinite().item<bool>());
  }
}

}  // namespace
}  // namespace adares
