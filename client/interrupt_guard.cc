// On an eventfd beside the descriptor of the signals.
#include "client/interrupt_guard.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

namespace adares::client {

InterruptGuard::InterruptGuard(Signals* signals, grpc::ClientContext& context) {
  if (signals == nullptr) return;
  finished_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  thread_ = std::thread([this, signals, &context] {
    if (signals->AwaitReadable(finished_fd_)) return;
    is_interrupted_ = true;
    context.TryCancel();
  });
}

InterruptGuard::~InterruptGuard() { Finish(); }

bool InterruptGuard::Finish() {
  if (!thread_.joinable()) return is_interrupted_;
  const uint64_t one = 1;
  // The counter cannot overflow, so that the write cannot fail.
  [[maybe_unused]] const ssize_t written = write(finished_fd_, &one, sizeof(one));
  thread_.join();
  close(finished_fd_);
  return is_interrupted_;
}

}  // namespace adares::client
