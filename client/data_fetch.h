// Brings a published data set into the folder of data sets: downloads, checks, unpacks, and only
// then puts the files under their names. Not thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "client/fetch_display.h"
#include "client/signals.h"
#include "core/dataset_sources.h"

namespace adares::client {

struct FetchRequest {
  std::string data;  // the folder of data sets; made where there is none
  std::string from;  // a base address instead of the source's own; may be empty
  std::chrono::milliseconds patience{30'000};  // see Download
};

struct FetchOutcome {
  std::string dataset;
  std::string folder;
  bool was_there = false;  // complete before, so that nothing was done
  int64_t bytes = 0;       // of its files
};

// Downloads into DIR/.fetch/DATASET/NAME.partial, and goes on with what an earlier call left there;
// takes a whole DIR/.fetch/DATASET/NAME as it is. Nothing is unpacked before its size and SHA-256
// are right, and files that are in place already stay untouched. Errors are those of RunDownload
// and Unpack, with a hint; besides DATA_INVALID where a checksum is wrong, STATE_CONFLICT where a
// file of another size is in the way, and DATA_BUSY while another process fetches the same data
// set.
absl::StatusOr<FetchOutcome> FetchDataset(const DatasetSource& source, const FetchRequest& request,
                                          Signals& signals, FetchDisplay& display);

}  // namespace adares::client
