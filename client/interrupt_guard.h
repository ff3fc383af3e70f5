// Ends a call when somebody wants an end. Brings gRPC in: for connection.cc only.
#pragma once

#include <grpcpp/client_context.h>

#include <thread>

#include "client/signals.h"

namespace adares::client {

// While it lives, an interrupt cancels the call of `context`. A thread of its own waits for it, so
// that nobody else may use `signals` meanwhile.
class InterruptGuard {
 public:
  // Does nothing without `signals`. Both must live as long as this.
  InterruptGuard(Signals* signals, grpc::ClientContext& context);
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  // Ends the watch; whether an interrupt has come, which is taken.
  bool Finish();

 private:
  int finished_fd_ = -1;
  bool is_interrupted_ = false;
  std::thread thread_;
};

}  // namespace adares::client
