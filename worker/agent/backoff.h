// Delays between tries: growing, bounded, and spread so that a fleet does not come back in step.
#pragma once

#include <random>

#include "core/timestamp.h"

namespace adares::worker {

// Not thread-safe.
class Backoff {
 public:
  Backoff(Duration first, Duration longest);

  // The delay before the next try: between half of the present bound and the bound, which doubles.
  Duration Next();

  // A try has succeeded.
  void Reset() { bound_ = first_; }

 private:
  const Duration first_;
  const Duration longest_;
  Duration bound_;
  std::minstd_rand random_;
};

}  // namespace adares::worker
