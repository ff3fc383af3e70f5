// Where the published data sets come from, and what their files must look like. Thread-safe:
// constants.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/trial_spec.h"

namespace adares {

// How pictures and labels lie in a file, in records of one size after a header.
enum class DataForm {
  kIdxImages,  // 16 bytes of header (magic 2051, count, 28, 28); 784 pixels each
  kIdxLabels,  // 8 bytes of header (magic 2049, count); a label each, 0..9
  kCifar10,    // a label, 0..9, and 3 x 32 x 32 pixels each
  kCifar100,   // a coarse label, 0..19, a fine one, 0..99, and 3 x 32 x 32 pixels each
};

// A file that a trainer reads.
struct DataFile {
  std::string path;  // below the folder of data sets: "mnist/train-images-idx3-ubyte"
  DataForm form = DataForm::kIdxImages;
  int64_t records = 0;
  std::string sha256;  // as published, 64 hex digits; empty where nobody published it
};

enum class Packing {
  kGzip,     // one file
  kTarGzip,  // files under their paths below the folder of data sets
};

// A file that can be downloaded.
struct DataArchive {
  std::string name;  // below a base address
  Packing packing = Packing::kGzip;
  int64_t bytes = 0;
  std::string sha256;  // 64 hex digits
  std::vector<DataFile> files;
};

struct DatasetSource {
  std::string dataset;                 // the word of `data.dataset`
  std::string folder;                  // of its files, below the folder of data sets
  std::vector<std::string> addresses;  // base addresses, each with a slash at the end; best first
  std::vector<DataArchive> archives;
};

// Bytes of the header and of a record, and of the whole file.
int64_t HeaderBytes(DataForm form);
int64_t RecordBytes(DataForm form);
int64_t FileBytes(const DataFile& file);

// Nothing for data that nobody publishes: `folder` and `synthetic`.
std::optional<DatasetSource> SourceOfDataset(Dataset dataset);

// All that can be fetched.
std::vector<DatasetSource> DatasetSources();

}  // namespace adares
