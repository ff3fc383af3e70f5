// States of checkpoints whose checksums are right and whose content is not, drawn at random: each
// is refused with a reason, or taken over whole, and then the run goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/fixtures/temp_folder.h"
#include "tests/trainer/device_trial.h"
#include "tests/trainer/tiny_trial.h"
#include "worker/trainer/state_tensors.h"
#include "worker/trainer/step_means.h"
#include "worker/trainer/torch_runtime.h"

namespace adares {
namespace {

using torch::Tensor;

constexpr int kForgedStates = 4'000;
constexpr int kForgedFiles = 500;

TrialSpec SpecWithAllState() {
  TrialSpec spec = TinySpec();
  spec.model.branch_drop = 0.7;
  spec.model.skip.constraint = {SkipConstraint::Kind::kSigmoid, 0, 1};
  spec.train.optimizer = OptimizerKind::kAdam;
  spec.train.ema_decay = 0.9;
  return spec;
}

// Draws what is wrong, always the same.
class Forger {
 public:
  explicit Forger(uint64_t seed) : random_(seed) {}

  size_t Below(size_t bound) {
    return std::uniform_int_distribution<size_t>(0, bound - 1)(random_);
  }

  void Forge(TensorMap& tensors) {
    for (size_t left = 1 + Below(3); left > 0 && !tensors.empty(); --left) ForgeOne(tensors);
  }

  void Forge(std::string& bytes) {
    // Half of them in the header or not far behind it.
    const size_t range = Below(2) == 0 ? bytes.size() : std::min<size_t>(bytes.size(), 4'096);
    switch (Below(3)) {
      case 0:
        bytes.resize(Below(range));
        break;
      case 1:
        bytes.insert(Below(range), std::string(1 + Below(9), static_cast<char>(Below(256))));
        break;
      default:
        for (size_t left = 1 + Below(8); left > 0; --left) {
          bytes[Below(range)] = static_cast<char>(Below(256));
        }
    }
  }

 private:
  // As often a small one as one of the many moments.
  std::string AnyName(const TensorMap& tensors) {
    std::vector<std::string> names;
    const bool is_small = Below(3) > 0;
    for (const auto& [name, tensor] : tensors) {
      if (!is_small || tensor.numel() <= 8) names.push_back(name);
    }
    return names.empty() ? tensors.begin()->first : names[Below(names.size())];
  }

  void ForgeOne(TensorMap& tensors) {
    const std::string name = AnyName(tensors);
    Tensor& tensor = tensors.at(name);
    switch (Below(9)) {
      case 0:
        tensors.erase(name);
        break;
      case 1:
        tensors[absl::StrCat(name, Below(2) == 0 ? "x" : ".0")] = tensor;
        break;
      case 2:
        std::swap(tensor, tensors.at(AnyName(tensors)));
        break;
      case 3:
        tensor = tensor.to(kTypes[Below(kTypes.size())]);
        break;
      case 4:
        tensor = OfAnotherShape(tensor);
        break;
      case 5:
        tensor = torch::zeros_like(tensor);
        break;
      case 6:
        tensor = WithRandomBytes(tensor);
        break;
      default:
        tensor = WithAnotherNumber(tensor);
    }
  }

  Tensor OfAnotherShape(const Tensor& tensor) {
    const Tensor row = tensor.reshape({-1});
    switch (Below(4)) {
      case 0:
        return tensor.unsqueeze(0);
      case 1:
        return row.slice(0, 0, static_cast<int64_t>(Below(static_cast<size_t>(row.numel()) + 1)));
      case 2:
        return torch::cat({row, row});
      default:
        return row;
    }
  }

  Tensor WithRandomBytes(const Tensor& tensor) {
    Tensor forged = tensor.contiguous().clone();
    if (forged.scalar_type() == torch::kBool) return forged;
    auto* const bytes = static_cast<uint8_t*>(forged.data_ptr());
    for (size_t i = 0; i < forged.nbytes(); ++i) bytes[i] = static_cast<uint8_t>(Below(256));
    return forged;
  }

  Tensor WithAnotherNumber(const Tensor& tensor) {
    Tensor forged = tensor.contiguous().clone();
    if (forged.numel() == 0) return forged;
    const auto at = static_cast<int64_t>(Below(static_cast<size_t>(forged.numel())));
    Tensor element = forged.view({-1})[at];
    element.copy_(forged.is_floating_point()
                      ? torch::tensor(kNumbers[Below(kNumbers.size())], torch::kFloat64)
                      : torch::tensor(kIntegers[Below(kIntegers.size())], torch::kInt64));
    return forged;
  }

  static constexpr std::array kTypes = {torch::kBool,    torch::kInt32,   torch::kInt64,
                                        torch::kFloat16, torch::kFloat32, torch::kFloat64};
  static constexpr std::array<int64_t, 9> kIntegers = {-1,
                                                       0,
                                                       1,
                                                       2,
                                                       5,
                                                       6,
                                                       7,
                                                       std::numeric_limits<int64_t>::max(),
                                                       std::numeric_limits<int64_t>::min()};
  static constexpr std::array<double, 6> kNumbers = {-1,
                                                     0,
                                                     1e300,
                                                     std::numeric_limits<double>::quiet_NaN(),
                                                     std::numeric_limits<double>::infinity(),
                                                     -std::numeric_limits<double>::infinity()};

  std::mt19937_64 random_;
};

bool HasEqualBytes(const Tensor& a, const Tensor& b) {
  if (a.scalar_type() != b.scalar_type() || a.sizes() != b.sizes()) return false;
  const Tensor left = a.contiguous();
  const Tensor right = b.contiguous();
  return left.nbytes() == 0 || std::memcmp(left.data_ptr(), right.data_ptr(), left.nbytes()) == 0;
}

// The first one that one of them lacks or has otherwise.
std::string Difference(const TensorMap& a, const TensorMap& b) {
  for (const auto& [name, tensor] : a) {
    const auto found = b.find(name);
    if (found == b.end() || !HasEqualBytes(tensor, found->second)) return name;
  }
  for (const auto& [name, tensor] : b) {
    if (!a.contains(name)) return name;
  }
  return "";
}

class HostileStateTest : public testing::Test {
 protected:
  HostileStateTest() {
    ConfigureTorch(1);
    state_.optimizer.StartEpoch(0);
    state_.ShuffleOrder();
    StepMeans means;
    for (int step = 0; step < 4; ++step) trial_.step->Advance(state_, means, nullptr);
    EXPECT_TRUE(means.Take(state_.train_means));
    Look(4);
    for (const auto& [name, tensor] : TensorsOfState(state_)) honest_[name] = tensor.clone();
  }

  void Look(int64_t step) {
    state_.loss_watch.Add(1);
    state_.weight_flags.Look(step, 0, {{"layer1.0", 0.5, false, true}}, {{"layer1.0", 0.5}});
  }

  void Try(const TensorMap& tensors) {
    const absl::Status status = RestoreState(tensors, trial_.spec.train, state_);
    if (!status.ok()) {
      EXPECT_TRUE(absl::IsDataLoss(status) || absl::IsFailedPrecondition(status)) << status;
      EXPECT_FALSE(status.message().empty());
      ++refused_;
      return;
    }
    EXPECT_EQ(Difference(tensors, TensorsOfState(state_)), "") << "is taken over as it is";
    ++taken_;
    GoOn();
  }

  // What follows a restored state; each now and then a step, which takes long.
  void GoOn() {
    state_.ShuffleOrder();
    for (Random* random :
         {&state_.order_random, &state_.augmentation_random, &state_.branch_random}) {
      random->Normal();
      EXPECT_LT(random->Below(7), 7U);
    }
    if (taken_ % 20 == 0 && state_.step < trial_.step->total_steps()) {
      StepMeans means;
      state_.optimizer.StartEpoch(state_.epoch);
      trial_.step->Advance(state_, means, nullptr);
      means.Take(state_.train_means);
    }
    Look(trial_.step->total_steps());
  }

  // Both happen often, or this tries nothing.
  void ExpectBoth(int all) const {
    EXPECT_GT(refused_, all / 10);
    EXPECT_GT(taken_, all / 50);
  }

  DeviceTrial trial_{SpecWithAllState(), "cpu"};
  TrainingState& state_ = *trial_.state;
  TensorMap honest_;
  int refused_ = 0;
  int taken_ = 0;
};

TEST_F(HostileStateTest, ForgedTensorsAreRefusedOrTakenWhole) {
  Forger forger(20261130);
  for (int i = 0; i < kForgedStates; ++i) {
    SCOPED_TRACE(absl::StrCat("state ", i));
    TensorMap forged = honest_;
    forger.Forge(forged);
    Try(forged);
    if (HasFailure()) return;
  }
  ExpectBoth(kForgedStates);
  const int taken = taken_;
  Try(honest_);
  EXPECT_EQ(taken_, taken + 1) << "nothing of what was refused stays";
}

TEST_F(HostileStateTest, ForgedFilesAreRefusedOrTakenWhole) {
  const fixtures::TempFolder folder;
  const std::string path = folder / "state.safetensors";
  ASSERT_TRUE(SaveTensors(honest_, {}, path).ok());
  const std::string honest = fixtures::ReadTextFile(path);
  Forger forger(20261130);
  for (int i = 0; i < kForgedFiles; ++i) {
    SCOPED_TRACE(absl::StrCat("file ", i));
    std::string bytes = honest;
    forger.Forge(bytes);
    fixtures::WriteTextFile(path, bytes);
    const auto stored = LoadTensors(path);
    if (stored.ok()) {
      Try(stored->tensors);
    } else {
      EXPECT_TRUE(absl::IsDataLoss(stored.status())) << stored.status();
      ++refused_;
    }
    if (HasFailure()) return;
  }
  ExpectBoth(kForgedFiles);
}

// A generator of zeros alone gives zeros for ever, and what draws until a number fits never ends.
TEST_F(HostileStateTest, ARandomGeneratorOfZerosIsRefused) {
  honest_["random.branches"] = torch::zeros({6}, torch::kInt64);
  Try(honest_);
  EXPECT_EQ(refused_, 1);
}

TEST_F(HostileStateTest, WhatNoStateHasIsRefused) {
  honest_["random.other"] = honest_["random.order"];
  Try(honest_);
  EXPECT_EQ(refused_, 1);
}

}  // namespace
}  // namespace adares
