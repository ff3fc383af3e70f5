// What all commands share.
#include "client/command_line.h"

#include <chrono>

namespace adares::client {

absl::StatusOr<std::unique_ptr<Connection>> Connect(const GlobalOptions& options) {
  const std::chrono::duration<double> timeout(options.timeout_seconds);
  return Connection::Open(options.server, std::chrono::duration_cast<Timeout>(timeout));
}

}  // namespace adares::client
