// Complete writes to the event descriptor.
#include "worker/trainer/event_writer.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

namespace adares {
namespace {

[[noreturn]] void ExitWithoutReader(int error) {
  std::fprintf(stderr, "adares-trainer: cannot write events (%s); the worker is gone, exiting\n",
               std::strerror(error));
  _exit(EventWriter::kExitReaderGone);
}

}  // namespace

void EventWriter::Send(const trainer_protocol::Event& event) {
  const std::string line = trainer_protocol::Encode(event) + '\n';
  std::string_view rest = line;
  while (!rest.empty()) {
    const ssize_t written = write(fd_, rest.data(), rest.size());
    if (written >= 0) {
      rest.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      pollfd writable{fd_, POLLOUT, 0};
      poll(&writable, 1, -1);
    } else if (errno != EINTR) {
      ExitWithoutReader(errno);
    }
  }
}

}  // namespace adares
