// The two streams of the program.
#include "client/answer.h"

#include <cstdio>

namespace adares::client {
namespace {

bool has_printed = false;  // of the main thread, like standard output itself

}  // namespace

bool HasPrinted() { return has_printed; }

absl::Status PrintPayload(const std::string& text) {
  has_printed = has_printed || !text.empty();
  if (WriteAll(stdout, text)) return absl::OkStatus();
  return absl::InternalError("cannot write to standard output");
}

void Say(const GlobalOptions& options, const std::string& line) {
  if (!options.quiet) WriteAll(stderr, line + "\n");
}

}  // namespace adares::client
