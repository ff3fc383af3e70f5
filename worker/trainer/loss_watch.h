// Notices a training loss that leaves what it was, before it is infinite. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace adares {

// A mean over about ten steps is held against one over about a hundred. Raised where the short one
// is above twice the long one plus 1 (nat, where the loss is cross entropy); cleared once it is
// back in the lower half of that gap. In between the long mean stands still. The first hundred
// steps raise nothing.
class LossWatch {
 public:
  struct State {
    int64_t steps = 0;       // finite losses seen
    int64_t long_steps = 0;  // of these, in the long mean
    double short_mean = 0;
    double long_mean = 0;
    bool raised = false;
  };

  // The loss of the next step. True where the flag is raised by it, false where it is cleared,
  // nullopt where nothing changes. A loss that is not finite ends the trial and is passed over
  // here.
  std::optional<bool> Add(double loss);

  // The two means, for people; without meaning before the first loss.
  std::string Describe() const;

  const State& state() const { return state_; }
  void Restore(const State& state) { state_ = state; }

 private:
  double ShortMean() const;
  double LongMean() const;

  State state_;
};

}  // namespace adares
