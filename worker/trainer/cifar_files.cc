// CIFAR-10, binary version: records of one label byte and three 32x32 planes (red, green, blue).
#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "worker/trainer/dataset_files.h"
#include "worker/trainer/file_bytes.h"

namespace adares {
namespace {

constexpr char kWayOut[] =
    "point --data at a folder with cifar-10-batches-bin/{data_batch_1..5,test_batch}.bin (the "
    "binary version, unpacked)";
constexpr ImageShape kShape{3, 32, 32};
constexpr int64_t kPlane = 32 * 32;
constexpr int64_t kRecord = 1 + 3 * kPlane;
// Of the 50,000 training pictures.
constexpr ChannelStatistics kStatistics{{0.4914f, 0.4822f, 0.4465f}, {0.2470f, 0.2435f, 0.2616f}};

// Turns three planes into pixels of three bytes.
void Interleave(const uint8_t* planes, uint8_t* pixels) {
  for (int64_t i = 0; i < kPlane; ++i) {
    for (int64_t c = 0; c < 3; ++c) pixels[3 * i + c] = planes[c * kPlane + i];
  }
}

absl::Status Append(const std::string& path, int64_t records, ImageSet& set) {
  ADARES_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFileBytes(path, kWayOut));
  if (static_cast<int64_t>(bytes.size()) != records * kRecord) {
    return absl::DataLossError(absl::StrCat(path, ": has ", bytes.size(), " bytes, expected ",
                                            records * kRecord, " (", records, " records of ",
                                            kRecord, "); fetch the file again"));
  }
  size_t pixel = set.pixels.size();
  set.pixels.resize(pixel + static_cast<size_t>(records * kShape.Bytes()));
  for (int64_t i = 0; i < records; ++i) {
    const uint8_t* record = bytes.data() + i * kRecord;
    if (record[0] >= kClasses) {
      return absl::DataLossError(absl::StrCat(path, ": label of record ", i, " is ", record[0],
                                              ", expected 0 to 9; fetch the file again"));
    }
    set.labels.push_back(record[0]);
    Interleave(record + 1, set.pixels.data() + pixel);
    pixel += static_cast<size_t>(kShape.Bytes());
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ImageData> ReadCifar10(const std::string& data_dir, int64_t records_per_file) {
  ImageData data;
  data.train.shape = kShape;
  data.train.pixels.reserve(static_cast<size_t>(5 * records_per_file * kShape.Bytes()));
  data.test.shape = kShape;
  data.statistics = kStatistics;
  const std::vector<std::string> files = FilesOfDataset(Dataset::kCifar10);
  for (const std::string& file : files) {
    ImageSet& part = file == files.back() ? data.test : data.train;
    ADARES_RETURN_IF_ERROR(Append(absl::StrCat(data_dir, "/", file), records_per_file, part));
  }
  return data;
}

}  // namespace adares
