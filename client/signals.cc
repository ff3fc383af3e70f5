// On signalfd: the signals are blocked in every thread and wait in the descriptor.
#include "client/signals.h"

#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <utility>

namespace adares::client {
namespace {

using std::chrono::steady_clock;

sigset_t Handled() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGWINCH}) sigaddset(&set, number);
  return set;
}

}  // namespace

Signals::Signals() {
  const sigset_t handled = Handled();
  pthread_sigmask(SIG_BLOCK, &handled, &before_);
  fd_ = signalfd(-1, &handled, SFD_NONBLOCK | SFD_CLOEXEC);
}

Signals::~Signals() {
  Take();  // a signal that nobody asked for must not strike once the mask is back
  close(fd_);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

Signals::Seen Signals::Take() {
  Seen seen;
  seen.child = std::exchange(has_child_ended_, false);
  signalfd_siginfo info;
  while (read(fd_, &info, sizeof(info)) == static_cast<ssize_t>(sizeof(info))) {
    const int number = static_cast<int>(info.ssi_signo);
    if (number == SIGCHLD) {
      seen.child = true;
    } else if (number != SIGWINCH && requests_.IsRequest(number, steady_clock::now())) {
      seen.interrupt = true;
    }
  }
  return seen;
}

Signals::Seen Signals::Wait(std::chrono::milliseconds at_most, int other_fd) {
  pollfd waiting[2] = {{fd_, POLLIN, 0}, {other_fd, POLLIN, 0}};
  const auto timeout = has_child_ended_ ? 0 : static_cast<int>(at_most.count());
  poll(waiting, other_fd < 0 ? 1 : 2, timeout);
  return Take();
}

bool Signals::AwaitReadable(int fd) {
  for (;;) {
    pollfd waiting[2] = {{fd_, POLLIN, 0}, {fd, POLLIN, 0}};
    poll(waiting, 2, -1);
    const Seen seen = Take();
    has_child_ended_ = seen.child;
    if (seen.interrupt) return false;
    if (waiting[1].revents != 0) return true;
  }
}

}  // namespace adares::client
