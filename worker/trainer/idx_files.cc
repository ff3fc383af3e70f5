// IDX files, the format of MNIST and Fashion-MNIST: big-endian magic (0, 0, 8 = bytes, number of
// dimensions), sizes, data.
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/status.h"
#include "worker/trainer/dataset_files.h"
#include "worker/trainer/file_bytes.h"

namespace adares {
namespace {

constexpr uint32_t kImagesMagic = 0x00000803;
constexpr uint32_t kLabelsMagic = 0x00000801;
constexpr uint32_t kGzipMagic = 0x1F8B0000;
constexpr ImageShape kShape{1, 28, 28};
// Of MNIST's 60,000 training pictures.
constexpr ChannelStatistics kMnistStatistics{{0.1307f}, {0.3081f}};

absl::Status Broken(const std::string& path, const std::string& what) {
  return absl::DataLossError(absl::StrCat(path, ": ", what, "; fetch the file again"));
}

uint32_t BigEndian32(const std::vector<uint8_t>& bytes, size_t offset) {
  return static_cast<uint32_t>(bytes[offset]) << 24 |
         static_cast<uint32_t>(bytes[offset + 1]) << 16 |
         static_cast<uint32_t>(bytes[offset + 2]) << 8 | static_cast<uint32_t>(bytes[offset + 3]);
}

// The way out where a file is missing; `folder` is the data set's own.
std::string WayOut(std::string_view folder) {
  return absl::StrCat("point --data at a folder with ", std::string(folder),
                      "/{train,t10k}-{images-idx3,labels-idx1}-ubyte (unpacked)");
}

// Reads an IDX file of the given magic and dimensions and returns its data without the header.
absl::StatusOr<std::vector<uint8_t>> ReadIdx(const std::string& path, const std::string& way_out,
                                             uint32_t magic,
                                             const std::vector<int64_t>& dimensions) {
  ADARES_ASSIGN_OR_RETURN(std::vector<uint8_t> bytes,
                          ReadFileBytes(path, way_out, kMostDatasetFileBytes));
  const size_t header = 4 + 4 * dimensions.size();
  if (bytes.size() < header) {
    return Broken(path,
                  absl::StrCat("has ", bytes.size(), " bytes, its header alone needs ", header));
  }
  const uint32_t found = BigEndian32(bytes, 0);
  if ((found & 0xFFFF0000u) == kGzipMagic) {
    return absl::DataLossError(absl::StrCat(path, ": is still compressed; run gunzip on it"));
  }
  if (found != magic) {
    return Broken(path, absl::StrFormat("magic number is 0x%08x, expected 0x%08x", found, magic));
  }
  int64_t expected_size = 1;
  for (size_t i = 0; i < dimensions.size(); ++i) {
    const int64_t size = BigEndian32(bytes, 4 + 4 * i);
    if (size != dimensions[i]) {
      return Broken(path,
                    absl::StrCat("dimension ", i, " is ", size, ", expected ", dimensions[i]));
    }
    expected_size *= size;
  }
  if (static_cast<int64_t>(bytes.size() - header) != expected_size) {
    return Broken(path, absl::StrCat("has ", bytes.size() - header, " bytes of data, expected ",
                                     expected_size));
  }
  bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(header));
  return bytes;
}

absl::StatusOr<DecodedPart> ReadPart(const std::string& pixels_path, const std::string& labels_path,
                                     const std::string& way_out, int64_t count) {
  DecodedPart part;
  ADARES_ASSIGN_OR_RETURN(part.pixels, ReadIdx(pixels_path, way_out, kImagesMagic,
                                               {count, kShape.height, kShape.width}));
  ADARES_ASSIGN_OR_RETURN(const std::vector<uint8_t> labels,
                          ReadIdx(labels_path, way_out, kLabelsMagic, {count}));
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] >= kClasses) {
      return Broken(labels_path, absl::StrCat("label ", i, " is ", labels[i], ", expected 0 to 9"));
    }
  }
  part.labels.assign(labels.begin(), labels.end());
  return part;
}

absl::StatusOr<DecodedData> ReadSet(Dataset dataset, const std::string& data_dir,
                                    PartSize expected) {
  std::vector<std::string> paths = FilesOfDataset(dataset);
  for (std::string& path : paths) path = absl::StrCat(data_dir, "/", path);
  const std::string way_out = WayOut(Name(dataset));  // the folder has the data set's name
  DecodedData data{kShape, kClasses, {}, {}, {}};
  ADARES_ASSIGN_OR_RETURN(data.train, ReadPart(paths[0], paths[1], way_out, expected.train));
  ADARES_ASSIGN_OR_RETURN(data.test, ReadPart(paths[2], paths[3], way_out, expected.test));
  return data;
}

}  // namespace

absl::StatusOr<DecodedData> ReadMnist(const std::string& data_dir, PartSize expected) {
  ADARES_ASSIGN_OR_RETURN(DecodedData data, ReadSet(Dataset::kMnist, data_dir, expected));
  data.statistics = kMnistStatistics;
  return data;
}

absl::StatusOr<DecodedData> ReadFashionMnist(const std::string& data_dir, PartSize expected) {
  ADARES_ASSIGN_OR_RETURN(DecodedData data, ReadSet(Dataset::kFashionMnist, data_dir, expected));
  data.statistics = MeasureStatistics(data.train.pixels, kShape.channels);
  return data;
}

}  // namespace adares
