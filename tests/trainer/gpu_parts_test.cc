// Parts of the trainer on a CUDA device beside the CPU. Skipped, and shown as that, where there is
// none.
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <optional>
#include <vector>

#include "tests/trainer/device_trial.h"
#include "tests/trainer/drawn_pictures.h"
#include "tests/trainer/tiny_trial.h"
#include "worker/trainer/device_batches.h"
#include "worker/trainer/device_pixels.h"
#include "worker/trainer/device_stream.h"
#include "worker/trainer/torch_runtime.h"

#ifdef ADARES_CUDA
#include <c10/cuda/CUDAFunctions.h>
#endif

namespace adares {
namespace {

using torch::Tensor;

const torch::Device kGpu(torch::kCUDA, 0);

class GpuPartsTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!torch::cuda::is_available()) GTEST_SKIP() << "this LibTorch finds no CUDA device";
    ConfigureDevice("cuda:0", /*deterministic=*/true);
  }
};

TEST_F(GpuPartsTest, BatchesHaveTheBitsOfTheCpu) {
  for (const ImageShape& shape : {ImageShape{3, 32, 32}, ImageShape{1, 28, 28}}) {
    const DrawnPictures pictures(shape, 50);
    const std::vector<uint32_t> indices{3, 49, 0, 17};
    DataSpec spec;
    spec.augment = Augment::kCropFlip;
    spec.cutout = 5;
    Random random(7, RandomStream::kAugmentation);
    const std::vector<Placement> placements = DrawPlacements(spec, shape, indices.size(), random);
    DevicePixels pixels;
    const DeviceBatchMaker maker(pictures.set(), kDrawnStatistics, pixels.Of(pictures.set(), kGpu),
                                 true);
    const Batch batch = maker.Make(RowsOf(indices, placements).to(kGpu));
    const Batch expected = BatchMaker(pictures.set(), kDrawnStatistics).Make(indices, placements);
    EXPECT_TRUE(torch::equal(batch.images.cpu(), expected.images));
    EXPECT_TRUE(torch::equal(batch.labels.cpu(), expected.labels));
    EXPECT_TRUE(batch.images.is_contiguous(torch::MemoryFormat::ChannelsLast));
  }
}

std::vector<DeviceParameter> DrawnParameters(UpdateRule rule, torch::Device device) {
  torch::manual_seed(5);
  std::vector<DeviceParameter> all;
  for (int i = 0; i < 70; ++i) {  // more than one launch takes
    const Tensor value = torch::randn({i % 3 == 0 ? 70001 : 5, 1 + i % 4});
    DeviceParameter each{value,
                         torch::randn_like(value),
                         torch::rand_like(value),
                         torch::randn_like(value),
                         i % 2,
                         i % 5 != 0};
    if (rule == UpdateRule::kSgd) each.first = Tensor();
    if (rule != UpdateRule::kAdam) each.second = Tensor();
    const Tensor gradient = torch::randn_like(value);
    for (Tensor* tensor : {&each.parameter, &each.first, &each.second, &each.mean}) {
      if (tensor->defined()) *tensor = tensor->to(device);
    }
    each.parameter.mutable_grad() = gradient.to(device);
    all.push_back(each);
  }
  return all;
}

TEST_F(GpuPartsTest, KernelMovesParametersAsTheLoopsOfTheCpu) {
  const ElementNumbers one{0.1f, 1, 0.2f, 0.01f, 0.5f, 0.8f, 1.7f, 1e-3f, -0.5f, 0.6f, 0.3f};
  const ElementNumbers two{0.02f, 1, 0, 0, 0, 0.9f, 1.1f, 1e-3f, -9, 9, 0.7f};
  const Tensor table = NumbersTable({{two, one}, {one, two}});
  const Tensor step = torch::ones({}, torch::kInt64);
  for (const UpdateRule rule :
       {UpdateRule::kSgd, UpdateRule::kMomentum, UpdateRule::kNesterov, UpdateRule::kAdam}) {
    for (const double clip : {0.0, 3.0}) {
      const auto expected = DrawnParameters(rule, torch::kCPU);
      const auto results = DrawnParameters(rule, kGpu);
      DeviceUpdate(rule, clip, nullptr).Apply(expected, table, step);
      DeviceUpdate(rule, clip, SupportOf(kGpu)).Apply(results, table.to(kGpu), step.to(kGpu));
      for (size_t i = 0; i < expected.size(); ++i) {
        EXPECT_TRUE(torch::allclose(results[i].parameter.cpu(), expected[i].parameter, 1e-5, 1e-6));
        EXPECT_TRUE(torch::allclose(results[i].mean.cpu(), expected[i].mean, 1e-5, 1e-6));
      }
    }
  }
}

// Steps of one state on the device's stream.
class GpuStepTest : public GpuPartsTest {
 protected:
  void Begin(const TrialSpec& spec) {
    steps_.reset();
    stream_.emplace(kGpu);
    trial_.emplace(spec, "cuda:0");
    steps_.emplace(trial_->input, *trial_->step, SupportOf(kGpu));
  }
  void BeginEpoch() { trial_->BeginEpoch(*steps_); }
  void FinishEpoch() {
    while (trial_->IsInEpoch()) steps_->Advance(*trial_->state, means_, nullptr);
    ++trial_->state->epoch;
  }
  TrainingState& state() { return *trial_->state; }

  std::optional<OnDeviceStream> stream_;
  std::optional<DeviceTrial> trial_;
  std::optional<DeviceStep> steps_;
  StepMeans means_;
};

#ifdef ADARES_CUDA
// LibTorch throws where one of its operations waits for the device.
class NoWaiting {
 public:
  NoWaiting() { Set(c10::cuda::SyncDebugMode::L_ERROR); }
  ~NoWaiting() { Set(c10::cuda::SyncDebugMode::L_DISABLED); }
  NoWaiting(const NoWaiting&) = delete;
  NoWaiting& operator=(const NoWaiting&) = delete;

 private:
  static void Set(c10::cuda::SyncDebugMode mode) {
    c10::cuda::warning_state().set_sync_debug_mode(mode);
  }
};

TEST_F(GpuStepTest, NoStepOfAnEpochWaitsForTheDevice) {
  for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
    TrialSpec spec = TinySpec();
    spec.train.precision = precision;
    spec.train.clip_norm = 1;
    spec.train.ema_decay = 0.9;
    Begin(spec);
    for (int epoch = 0; epoch < 2; ++epoch) {
      BeginEpoch();
      const NoWaiting scope;
      EXPECT_NO_THROW(FinishEpoch());
    }
    const NoWaiting scope;
    EXPECT_ANY_THROW(state().model->parameters()[0].cpu());  // else the test would see nothing
  }
}
#endif

TEST_F(GpuStepTest, Bf16KeepsParametersStatisticsAndMomentsInFloat) {
  TrialSpec spec = TinySpec();
  spec.train.precision = Precision::kBf16;
  Begin(spec);
  BeginEpoch();
  FinishEpoch();
  std::vector<Tensor> all = state().model->parameters();
  for (const Tensor& parameter : state().model->parameters()) all.push_back(parameter.grad());
  for (const auto& [name, moment] : state().optimizer.State().first_moments) all.push_back(moment);
  for (const auto& item : state().model->named_buffers()) {
    if (item.key().find("running_") != std::string::npos) all.push_back(item.value());
  }
  for (const Tensor& tensor : all) {
    EXPECT_EQ(tensor.scalar_type(), torch::kFloat32);
    EXPECT_TRUE(tensor.is_cuda());
    EXPECT_TRUE(tensor.isfinite().all().item<bool>());
  }
}

}  // namespace
}  // namespace adares
