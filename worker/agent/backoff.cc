#include "worker/agent/backoff.h"

#include <algorithm>

namespace adares::worker {

Backoff::Backoff(Duration first, Duration longest)
    : first_(first), longest_(longest), bound_(first), random_(std::random_device{}()) {}

Duration Backoff::Next() {
  std::uniform_int_distribution<Duration::rep> spread(bound_.count() / 2, bound_.count());
  bound_ = std::min(bound_ * 2, longest_);
  return Duration(spread(random_));
}

}  // namespace adares::worker
