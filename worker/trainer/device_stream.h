// The stream on which a process computes on a device other than the CPU.
#pragma once

#include <c10/core/Device.h>
#include <c10/core/StreamGuard.h>

#include <optional>

namespace adares {

// While it lives, this thread's work on `device` goes to a stream of the process's own, the same
// one each time, so that memory which a trial freed serves the next one. Work of the default stream
// cannot be captured. On the CPU it does nothing.
class OnDeviceStream {
 public:
  explicit OnDeviceStream(c10::Device device);

 private:
  std::optional<c10::StreamGuard> guard_;
};

}  // namespace adares
