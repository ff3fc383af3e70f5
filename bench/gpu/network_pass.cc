// One forward and backward pass of a ResNet whose skip weights are fixed at 1, so that its numbers
// can be compared with those of another program. All files are safetensors.
//
//   adares-bench-network-pass DEPTH DEVICE INPUT WEIGHTS OUTPUT
//
// DEPTH is 18 or 50, the network that of He et al. 2016, table 1, with 1000 classes; DEVICE is cpu
// or cuda. INPUT has `images` (N x 3 x H x W, F32 or F64, in which all is computed) and `labels`
// (N, I64). Initial weights go to WEIGHTS before the pass, as F32. OUTPUT gets `logits` of training
// mode, `loss` (cross-entropy, mean), `gradient.NAME` of each parameter, and `evaluation`, the
// logits of evaluation mode after that.
#include <torch/torch.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "worker/trainer/adaresnet.h"
#include "worker/trainer/precision.h"
#include "worker/trainer/tensor_file.h"
#include "worker/trainer/torch_runtime.h"

namespace adares {
namespace {

constexpr int64_t kClasses1000 = 1000;

absl::Status Run(int64_t depth, const std::string& device_name, char** files) {
  const absl::StatusOr<std::string> device = ResolveDevice(device_name);
  if (!device.ok()) return device.status();
  const absl::StatusOr<StoredTensors> input = LoadTensors(files[0]);
  if (!input.ok()) return input.status();
  const MatrixPrecision no_tf32(Precision::kFp32);
  const torch::Device where(*device);
  const torch::Tensor images =
      input->tensors.at("images").to(where).contiguous(torch::MemoryFormat::ChannelsLast);
  const torch::Tensor labels = input->tensors.at("labels").to(where);

  ModelSpec spec;
  spec.family = Family::kResnet;
  spec.depth = depth;
  spec.stem = Stem::kImagenet;
  spec.skip.granularity = Granularity::kBlock;
  spec.skip.init.value = 1;
  spec.skip.train = SkipTraining::kFrozen;
  AdaResNet model(spec, 3, kClasses1000, /*seed=*/1);
  if (absl::Status status = SaveModule(*model, {}, files[1]); !status.ok()) return status;
  model->to(where, images.scalar_type());

  TensorMap output;
  model->train();
  output["logits"] = model->forward(images);
  output["loss"] = torch::nn::functional::cross_entropy(output["logits"], labels);
  output["loss"].backward();
  for (const auto& item : model->named_parameters()) {
    output["gradient." + item.key()] = item.value().grad();
  }
  const torch::NoGradGuard no_grad;
  model->eval();
  output["evaluation"] = model->forward(images);
  return SaveTensors(output, {}, files[2]);
}

}  // namespace
}  // namespace adares

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fputs("usage: adares-bench-network-pass DEPTH DEVICE INPUT WEIGHTS OUTPUT\n", stderr);
    return 2;
  }
  const absl::Status status = adares::Run(std::atoi(argv[1]), argv[2], argv + 3);
  if (status.ok()) return 0;
  std::fprintf(stderr, "adares-bench-network-pass: %s\n", std::string(status.message()).c_str());
  return 1;
}
