// Where a trial's events go.
#pragma once

#include "core/trainer_protocol.h"

namespace adares {

// Send may block and is called from one thread at a time.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void Send(const trainer_protocol::Event& event) = 0;
};

}  // namespace adares
