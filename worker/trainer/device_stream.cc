// By LibTorch's interface for all kinds of devices.
#include "worker/trainer/device_stream.h"

#include <c10/core/impl/VirtualGuardImpl.h>

namespace adares {
namespace {

c10::Stream StreamOf(c10::Device device) {
  static const c10::Stream stream =
      c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device);
  return stream;
}

}  // namespace

OnDeviceStream::OnDeviceStream(c10::Device device) {
  if (!device.is_cpu()) guard_.emplace(StreamOf(device));
}

}  // namespace adares
