// Prints log lines as they come, in each output format.
#pragma once

#include "absl/status/status.h"
#include "adares/v1/trial_service.pb.h"
#include "client/command_line.h"

namespace adares::client {

// The whole output is one document in machine formats too: an array is closed at the end, whatever
// the end was, once it was opened. Not thread-safe.
class LogPrinter {
 public:
  explicit LogPrinter(OutputFormat format) : format_(format) {}

  absl::Status Print(const v1::TailLogsResponse& response);

  // `status` is how the stream ended; returned unless writing fails. With an error before the first
  // line, nothing is printed.
  absl::Status Finish(const absl::Status& status);

 private:
  const OutputFormat format_;
  bool is_open_ = false;
};

}  // namespace adares::client
