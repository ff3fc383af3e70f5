// One upload a pass, or none.
#include "worker/trainer/part_batches.h"

#include "worker/trainer/device_pixels.h"

namespace adares {

PartBatches::PartBatches(const TrainingInput& input, const ImageSet& images, torch::Device device)
    : where_(device) {
  const ChannelStatistics& statistics = input.data.statistics;
  if (input.device_pixels == nullptr) {
    host_.emplace(images, statistics);
  } else {
    device_.emplace(images, statistics, input.device_pixels->Of(images, device), /*holes=*/false);
  }
}

PartBatches::Pass PartBatches::Begin(std::span<const uint32_t> indices) const {
  Pass pass;
  pass.batches_ = this;
  pass.indices_ = indices;
  if (device_) pass.rows_ = RowsOf(indices).to(where_);
  return pass;
}

Batch PartBatches::Pass::Make(size_t begin, size_t count) const {
  if (batches_->host_) return batches_->host_->Make(indices_.subspan(begin, count));
  return batches_->device_->Make(
      rows_.narrow(0, static_cast<int64_t>(begin), static_cast<int64_t>(count)));
}

}  // namespace adares
