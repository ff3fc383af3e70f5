// What a data set's file on the disk is worth. Thread-safe: no state.
#pragma once

#include <cstdint>
#include <string>

#include "core/dataset_sources.h"

namespace adares::client {

struct FileVerdict {
  enum class State {
    kAsPublished,
    kSound,    // nobody published a checksum of it
    kDiffers,  // a sound file with another checksum than the published one
    kBroken,   // or unreadable
    kMissing,
  };
  std::string dataset;
  std::string path;  // below the folder of data sets
  State state = State::kMissing;
  int64_t bytes = 0;
  std::string sha256;   // of what is there
  std::string problem;  // of a broken file, in words
};

// Reads the whole file, `file.path` below the folder `data`.
FileVerdict VerifyFile(const std::string& data, const std::string& dataset, const DataFile& file);

// SHA-256 of a file; empty where it cannot be read.
std::string Sha256OfFile(const std::string& path);

}  // namespace adares::client
