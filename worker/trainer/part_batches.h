// The batches in which a part of a data set is evaluated, made where the network is.
#pragma once

#include <torch/torch.h>

#include <cstdint>
#include <optional>
#include <span>

#include "worker/trainer/batches.h"
#include "worker/trainer/device_batches.h"
#include "worker/trainer/training.h"

namespace adares {

// Not thread-safe. What `images` and `input` refer to must outlive it.
class PartBatches {
 public:
  // On the device where `input` has pixels there, else on the CPU.
  PartBatches(const TrainingInput& input, const ImageSet& images, torch::Device device);

  // Pictures as they are, in this order. Must not outlive the batches and `indices`.
  class Pass {
   public:
    // Of `count` pictures from the one at `begin` on. After the pass has begun nothing waits for
    // the device.
    Batch Make(size_t begin, size_t count) const;

   private:
    friend class PartBatches;
    const PartBatches* batches_ = nullptr;
    std::span<const uint32_t> indices_;
    torch::Tensor rows_;  // on the device; undefined on the CPU
  };
  Pass Begin(std::span<const uint32_t> indices) const;

 private:
  std::optional<BatchMaker> host_;
  std::optional<DeviceBatchMaker> device_;
  const torch::Device where_;
};

}  // namespace adares
