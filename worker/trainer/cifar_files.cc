// CIFAR-10 and CIFAR-100, binary versions: records of the labels, one byte each, and three 32x32
// planes (red, green, blue).
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "worker/trainer/dataset_files.h"
#include "worker/trainer/file_bytes.h"

namespace adares {
namespace {

constexpr ImageShape kShape{3, 32, 32};
constexpr int64_t kPlane = 32 * 32;
// Of CIFAR-10's 50,000 training pictures.
constexpr ChannelStatistics kCifar10Statistics{{0.4914f, 0.4822f, 0.4465f},
                                               {0.2470f, 0.2435f, 0.2616f}};

// What a record of one of the sets begins with: labels, of which the last is the picture's class.
struct Label {
  const char* name;
  int64_t classes;
};
struct Format {
  Dataset dataset;
  std::vector<Label> labels;
  const char* way_out;

  int64_t classes() const { return labels.back().classes; }
  int64_t RecordBytes() const { return static_cast<int64_t>(labels.size()) + 3 * kPlane; }
};

Format Cifar10() {
  return {Dataset::kCifar10,
          {{"label", kClasses}},
          "point --data at a folder with cifar-10-batches-bin/{data_batch_1..5,test_batch}.bin "
          "(the binary version, unpacked)"};
}

Format Cifar100() {
  return {Dataset::kCifar100,
          {{"coarse label", 20}, {"fine label", 100}},
          "point --data at a folder with cifar-100-binary/{train,test}.bin (the binary version, "
          "unpacked)"};
}

// Turns three planes into pixels of three bytes.
void Interleave(const uint8_t* planes, uint8_t* pixels) {
  for (int64_t i = 0; i < kPlane; ++i) {
    for (int64_t c = 0; c < 3; ++c) pixels[3 * i + c] = planes[c * kPlane + i];
  }
}

absl::Status CheckLabels(const Format& format, const uint8_t* record, const std::string& path,
                         int64_t number) {
  for (size_t i = 0; i < format.labels.size(); ++i) {
    const Label& label = format.labels[i];
    if (record[i] < label.classes) continue;
    return absl::DataLossError(absl::StrCat(path, ": ", label.name, " of record ", number, " is ",
                                            record[i], ", expected 0 to ", label.classes - 1,
                                            "; fetch the file again"));
  }
  return absl::OkStatus();
}

absl::Status Append(const Format& format, const std::string& path, int64_t records,
                    DecodedPart& part) {
  ADARES_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes,
                          ReadFileBytes(path, format.way_out, kMostDatasetFileBytes));
  const int64_t expected = records * format.RecordBytes();
  if (static_cast<int64_t>(bytes.size()) != expected) {
    return absl::DataLossError(absl::StrCat(path, ": has ", bytes.size(), " bytes, expected ",
                                            expected, " (", records, " records of ",
                                            format.RecordBytes(), "); fetch the file again"));
  }
  size_t pixel = part.pixels.size();
  part.pixels.resize(pixel + static_cast<size_t>(records * kShape.Bytes()));
  for (int64_t i = 0; i < records; ++i) {
    const uint8_t* record = bytes.data() + i * format.RecordBytes();
    ADARES_RETURN_IF_ERROR(CheckLabels(format, record, path, i));
    part.labels.push_back(record[format.labels.size() - 1]);
    Interleave(record + format.labels.size(), part.pixels.data() + pixel);
    pixel += static_cast<size_t>(kShape.Bytes());
  }
  return absl::OkStatus();
}

// The last file is the test part.
absl::StatusOr<DecodedData> ReadSet(const Format& format, const std::string& data_dir,
                                    PartSize expected) {
  DecodedData data{kShape, format.classes(), {}, {}, {}};
  data.train.pixels.reserve(static_cast<size_t>(expected.train * kShape.Bytes()));
  const std::vector<std::string> files = FilesOfDataset(format.dataset);
  for (const std::string& file : files) {
    const bool is_test = file == files.back();
    const int64_t records =
        is_test ? expected.test : expected.train / (static_cast<int64_t>(files.size()) - 1);
    ADARES_RETURN_IF_ERROR(Append(format, absl::StrCat(data_dir, "/", file), records,
                                  is_test ? data.test : data.train));
  }
  return data;
}

}  // namespace

absl::StatusOr<DecodedData> ReadCifar10(const std::string& data_dir, PartSize expected) {
  ADARES_ASSIGN_OR_RETURN(DecodedData data, ReadSet(Cifar10(), data_dir, expected));
  data.statistics = kCifar10Statistics;
  return data;
}

absl::StatusOr<DecodedData> ReadCifar100(const std::string& data_dir, PartSize expected) {
  ADARES_ASSIGN_OR_RETURN(DecodedData data, ReadSet(Cifar100(), data_dir, expected));
  data.statistics = MeasureStatistics(data.train.pixels, kShape.channels);
  return data;
}

}  // namespace adares
