// Published data sets in small: archives, and the table that describes them. The same in every
// process.
#pragma once

#include <string>
#include <vector>

#include "core/dataset_sources.h"

namespace adares::client {

// An entry of a tar: a file, or a link to `link`.
struct TarEntry {
  std::string name;
  std::string bytes;
  std::string symlink = {};
  std::string hardlink = {};
};

std::string GzipOf(const std::string& bytes);
std::string TarGzipOf(const std::vector<TarEntry>& entries);

// Bytes of a file in its form, with all labels in range.
std::string BytesOf(const DataFile& file);

struct SmallArchive {
  std::string name;
  std::string bytes;
};

struct SmallDataset {
  DatasetSource source;                // without addresses
  std::vector<SmallArchive> archives;  // in the order of `source.archives`
};

// MNIST's files, with 2000 pictures to train on: the first archive has above one megabyte.
SmallDataset SmallMnist();
// CIFAR-10 with one batch of each part.
SmallDataset SmallCifar10();

}  // namespace adares::client
