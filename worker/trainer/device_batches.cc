// A table of bytes and channels makes floats, as on the host, so that both have the same bits.
#include "worker/trainer/device_batches.h"

#include <utility>
#include <vector>

namespace adares {
namespace {

using torch::Tensor;

enum Column : int64_t { kPicture, kDown, kRight, kMirrored, kHoleTop, kHoleLeft, kHoleSide };
static_assert(kHoleSide + 1 == kRowSize);

Tensor EmptyRows(size_t count) {
  return torch::empty({static_cast<int64_t>(count), kRowSize}, torch::kInt32);
}

// One number of each row, to be spread over the places of its picture.
Tensor Of(const Tensor& rows, Column column) { return rows.select(1, column).unsqueeze(1); }

Tensor Between(const Tensor& values, const Tensor& begin, const Tensor& end) {
  return (values >= begin).logical_and(values < end);
}

Tensor Inside(const Tensor& values, int64_t size) {
  return (values >= 0).logical_and(values < size);
}

// A condition on rows and one on columns make one on the places of a picture.
Tensor Both(const Tensor& of_rows, const Tensor& of_columns) {
  return of_rows.unsqueeze(2).logical_and(of_columns.unsqueeze(1));
}

}  // namespace

Tensor RowsOf(std::span<const uint32_t> indices, std::span<const Placement> placements) {
  Tensor rows = EmptyRows(indices.size());
  int32_t* row = rows.data_ptr<int32_t>();
  for (size_t i = 0; i < indices.size(); ++i, row += kRowSize) {
    const Placement& placement = placements[i];
    const int half = placement.hole_side / 2;
    row[kPicture] = static_cast<int32_t>(indices[i]);
    row[kDown] = placement.down;
    row[kRight] = placement.right;
    row[kMirrored] = placement.mirrored ? 1 : 0;
    row[kHoleTop] = static_cast<int32_t>(placement.hole_row) - half;
    row[kHoleLeft] = static_cast<int32_t>(placement.hole_column) - half;
    row[kHoleSide] = placement.hole_side;
  }
  return rows;
}

Tensor RowsOf(std::span<const uint32_t> indices) {
  const std::vector<Placement> unmoved(indices.size());
  return RowsOf(indices, unmoved);
}

DeviceBatchMaker::DeviceBatchMaker(const ImageSet& images, const ChannelStatistics& statistics,
                                   Tensor pixels, bool holes)
    : shape_(images.shape), holes_(holes), pixels_(std::move(pixels)) {
  const torch::Device device = pixels_.device();
  const int64_t channels = shape_.channels;
  const NormalisedBytes table(shape_, statistics);
  Tensor normalised = torch::empty({channels * 256}, torch::kFloat32);
  Tensor labels = torch::empty({images.size()}, torch::kInt64);
  for (int64_t i = 0; i < normalised.numel(); ++i) {
    normalised.data_ptr<float>()[i] = table.Of(i / 256, static_cast<uint8_t>(i % 256));
  }
  for (int64_t i = 0; i < labels.numel(); ++i) {
    labels.data_ptr<int64_t>()[i] = images.labels[static_cast<size_t>(i)];
  }
  normalised_ = normalised.to(device);
  labels_ = labels.to(device);
  const auto options = torch::TensorOptions(torch::kInt32).device(device);
  first_of_channel_ = torch::arange(channels, options) * 256;
  rows_ = torch::arange(shape_.height, options);
  columns_ = torch::arange(shape_.width, options);
  mirrored_columns_ = columns_.flip(0);
}

Batch DeviceBatchMaker::Make(const Tensor& rows) const {
  const int64_t count = rows.size(0);
  const Tensor bytes = pixels_.index_select(0, Sources(rows).flatten());
  const Tensor places = (bytes.to(torch::kInt32) + first_of_channel_).flatten();
  Tensor images = normalised_.index_select(0, places).view(
      {count, shape_.height, shape_.width, shape_.channels});
  if (holes_) images.masked_fill_(Holes(rows).unsqueeze(3), 0);
  Batch batch;
  batch.images = images.permute({0, 3, 1, 2});
  batch.labels = labels_.index_select(0, rows.select(1, kPicture));
  batch.size = count;
  return batch;
}

Tensor DeviceBatchMaker::Sources(const Tensor& rows) const {
  const Tensor y = rows_ + Of(rows, kDown);
  const Tensor x =
      torch::where(Of(rows, kMirrored) == 1, mirrored_columns_, columns_) + Of(rows, kRight);
  // 64 bits, as a data set may have more pixels than 32 can count.
  const Tensor first = Of(rows, kPicture).to(torch::kInt64) * shape_.height;
  const Tensor sources = ((first + y) * shape_.width).unsqueeze(2) + x.unsqueeze(1);
  const Tensor inside = Both(Inside(y, shape_.height), Inside(x, shape_.width));
  return sources.masked_fill(inside.logical_not(), pixels_.size(0) - 1);
}

Tensor DeviceBatchMaker::Holes(const Tensor& rows) const {
  const Tensor side = Of(rows, kHoleSide);
  const Tensor top = Of(rows, kHoleTop);
  const Tensor left = Of(rows, kHoleLeft);
  return Both(Between(rows_, top, top + side), Between(columns_, left, left + side));
}

}  // namespace adares
