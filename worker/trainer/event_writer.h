// Writes events to a descriptor, one JSON object a line.
#pragma once

#include "worker/trainer/event_sink.h"

namespace adares {

// Every line is written whole, through interruptions and partial writes. When nobody reads any
// more, the worker is gone and a trial has no purpose: the process exits at once (kExitReaderGone).
// SIGPIPE must be ignored. Does not own the descriptor. Not thread-safe.
class EventWriter : public EventSink {
 public:
  static constexpr int kExitReaderGone = 3;

  explicit EventWriter(int fd) : fd_(fd) {}
  void Send(const trainer_protocol::Event& event) override;

 private:
  int fd_;
};

}  // namespace adares
