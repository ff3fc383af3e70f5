// Downloads one file, and goes on where an earlier download was broken off. Not thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "client/signals.h"

namespace adares::client {

struct Download {
  std::string url;                             // http, https or file
  std::string path;                            // of what is there so far; the folder exists
  int64_t bytes = 0;                           // that the whole file has
  std::chrono::milliseconds patience{30'000};  // longest wait for a connection, or for more to come
};

// Told again and again, at least ten times a second, while bytes may come: how many are there.
// `begun` is how many were there before the first one came, again 0 where the server does not go on
// in the middle.
using OnBytes = std::function<void(int64_t begun, int64_t there)>;

// OK once `path` has as many bytes as the whole file; what they are, the caller checks. A broken
// connection is taken up again as long as each gets further than those before. After an error the
// bytes stay, unless they cannot belong to the file. CANCELLED after an interrupt; DOWNLOAD_FAILED
// (UNAVAILABLE, NOT_FOUND, PERMISSION_DENIED) where the server cannot be reached, breaks off,
// stalls, or answers with an error; DATA_INVALID where its file has another size; DATA_BUSY while
// another process writes the same path; FOLDER_BROKEN where the disk does not take it.
absl::Status RunDownload(const Download& download, Signals& signals, const OnBytes& on_bytes);

// "www.cs.toronto.edu" of an address; the whole address of a file.
std::string HostOf(const std::string& url);

}  // namespace adares::client
