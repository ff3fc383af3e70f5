// Times and durations as adares stores and passes them.
#pragma once

#include <chrono>
#include <cstdint>

namespace adares {

// Microseconds since the Unix epoch, UTC: what the database and the protocol hold.
using Timestamp = std::chrono::sys_time<std::chrono::microseconds>;
using Duration = std::chrono::microseconds;

inline int64_t ToMicros(Timestamp t) { return t.time_since_epoch().count(); }
inline Timestamp FromMicros(int64_t micros) { return Timestamp(std::chrono::microseconds(micros)); }

// The wall clock. Only mains and borders call it; everything else takes `now` as an argument.
inline Timestamp SystemNow() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

}  // namespace adares
