// What all commands share.
#include "client/command_line.h"

#include <chrono>

namespace adares::client {

absl::StatusOr<std::unique_ptr<Connection>> Connect(const GlobalOptions& options,
                                                    Signals* signals) {
  return Connection::Open(options.server, TimeoutOf(options), signals);
}

Timeout TimeoutOf(const GlobalOptions& options) {
  return std::chrono::duration_cast<Timeout>(
      std::chrono::duration<double>(options.timeout_seconds));
}

}  // namespace adares::client
