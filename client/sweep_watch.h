// Follows one sweep on a thread of its own and connects again where the connection is lost.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "adares/v1/sweep_service.pb.h"
#include "client/connection.h"

namespace adares::client {

// What came of the stream.
struct WatchEvent {
  enum class Kind {
    kUpdate,  // `response` is new
    kLost,    // the connection is gone (`status`); it is being tried again
    kEnded,   // the last event: OK where the sweep is final, else why watching is impossible
  };
  Kind kind = Kind::kUpdate;
  v1::WatchSweepResponse response;
  absl::Status status;
};

// The constructor starts the thread, the destructor cancels the stream and joins it. UNAVAILABLE
// before the first answer ends the watch; later it means another try from the last revision.
// Thread-safe.
class SweepWatch {
 public:
  // `connection` must live as long as this.
  SweepWatch(Connection& connection, const std::string& sweep_resource);
  ~SweepWatch();

  // Readable when Take returns something.
  int fd() const;

  std::vector<WatchEvent> Take();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace adares::client
