// Times in messages as domain times. Thread-safe: pure functions.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <string>

#include "client/number_format.h"
#include "core/timestamp.h"

namespace adares::client {

inline Timestamp TimeOf(const google::protobuf::Timestamp& time) {
  return FromMicros(time.seconds() * 1'000'000 + time.nanos() / 1'000);
}

// For CSV: "" where the message has no such time.
inline std::string IsoOrEmpty(bool is_set, const google::protobuf::Timestamp& time) {
  return is_set ? IsoTime(TimeOf(time)) : "";
}

}  // namespace adares::client
