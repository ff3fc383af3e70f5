// Files of any bytes in the place of published ones are refused with a message that names the file,
// or are pictures with labels that there are. The first byte says which data set, the next which of
// its files has the input; the others are as they should be.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "core/dataset_sources.h"
#include "core/dataset_table.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/scratch_folder.h"
#include "worker/trainer/dataset_files.h"

namespace adares {
namespace {

using fuzz::Require;

constexpr PartSize kGreySize{2, 1};
constexpr PartSize kColouredSize{5, 1};

struct Reader {
  Dataset dataset;
  absl::StatusOr<DecodedData> (*read)(const std::string&, PartSize);
  PartSize size;
};
constexpr Reader kReaders[] = {{Dataset::kMnist, ReadMnist, kGreySize},
                               {Dataset::kFashionMnist, ReadFashionMnist, kGreySize},
                               {Dataset::kCifar10, ReadCifar10, kColouredSize},
                               {Dataset::kCifar100, ReadCifar100, kColouredSize}};

std::string BigEndian(uint32_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift);
  return bytes;
}

// With the labels 0 and black pixels.
std::string Sound(const DataFile& file, int64_t records) {
  std::string bytes;
  if (file.form == DataForm::kIdxImages) {
    bytes =
        BigEndian(2051) + BigEndian(static_cast<uint32_t>(records)) + BigEndian(28) + BigEndian(28);
  } else if (file.form == DataForm::kIdxLabels) {
    bytes = BigEndian(2049) + BigEndian(static_cast<uint32_t>(records));
  }
  bytes.append(static_cast<size_t>(records * RecordBytes(file.form)), '\0');
  return bytes;
}

std::vector<DataFile> FilesOf(Dataset dataset) {
  std::vector<DataFile> files;
  const std::optional<DatasetSource> source = SourceOfDataset(dataset);
  for (const DataArchive& archive : source->archives) {
    files.insert(files.end(), archive.files.begin(), archive.files.end());
  }
  return files;
}

int64_t RecordsOf(const DataFile& file, const Reader& reader) {
  const bool is_test =
      file.path.find("t10k") != std::string::npos || file.path.find("test") != std::string::npos;
  if (is_test) return reader.size.test;
  return reader.dataset == Dataset::kCifar10 ? reader.size.train / 5 : reader.size.train;
}

void Write(const std::filesystem::path& path, const std::string& bytes) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

void RequireData(const DecodedData& data) {
  for (const DecodedPart* part : {&data.train, &data.test}) {
    Require(part->pixels.size() == part->labels.size() * static_cast<size_t>(data.shape.Bytes()),
            "there are as many pixels as labels");
    Require(std::ranges::all_of(part->labels, [&](uint16_t label) { return label < data.classes; }),
            "labels are below the classes");
  }
}

void Try(const Reader& reader, uint8_t which, const std::string& bytes) {
  const std::filesystem::path folder = fuzz::ScratchFolder() / "data";
  const std::vector<DataFile> files = FilesOf(reader.dataset);
  const size_t chosen = which % files.size();
  for (size_t i = 0; i < files.size(); ++i) {
    const DataFile& file = files[i];
    Write(folder / file.path, i == chosen ? bytes : Sound(file, RecordsOf(file, reader)));
  }
  const absl::StatusOr<DecodedData> data = reader.read(folder.string(), reader.size);
  if (data.ok()) return RequireData(*data);
  const std::string message(data.status().message());
  Require(message.find(files[chosen].path) != std::string::npos, "the message names the file");
}

}  // namespace
}  // namespace adares

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  adares::Try(adares::kReaders[data[0] % std::size(adares::kReaders)], data[1],
              {data + 2, data + size});
  return 0;
}
