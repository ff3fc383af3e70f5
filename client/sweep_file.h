// Sweep files and `--set` changes from the command line, up to the request for a coordinator.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "adares/v1/sweep_service.pb.h"
#include "core/sweep_spec.h"

namespace adares::client {

struct SweepFile {
  std::string text;
  std::string origin;  // what messages call it
};

// `path` may be `-` for standard input. INVALID_ARGUMENT where the file cannot be read or is larger
// than sweep files may be.
absl::StatusOr<SweepFile> ReadSweepFile(const std::string& path);

// `train.epochs=2`, and the sweep's name where one is given; INVALID_ARGUMENT without `=` or path.
absl::StatusOr<std::vector<Override>> ParseOverrides(const std::vector<std::string>& texts,
                                                     const std::string& name);

v1::CreateSweepRequest MakeCreateRequest(const SweepFile& file,
                                         const std::vector<Override>& overrides);

}  // namespace adares::client
