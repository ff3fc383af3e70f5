// Whether a condition that is looked at now and then has held for long enough to be worth a word.
// Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace adares {

// Raised once the condition held at no less than `share` of the looks at the last `steps` steps,
// which must all have been looked at; cleared when it held at fewer than half of them. The gap
// keeps a condition that flickers from being told again and again.
class ConditionWindow {
 public:
  struct Rule {
    int64_t steps = 0;
    double share = 1;
    bool operator==(const Rule&) const = default;
  };

  explicit ConditionWindow(const Rule& rule) : rule_(rule) {}

  // A look after `step`, which is larger than that of the last one. True where the condition is
  // raised by it, false where it is cleared, nullopt where nothing changes.
  std::optional<bool> Look(int64_t step, bool holds);

  bool raised() const { return raised_; }

  // All that it remembers, for a run that goes on elsewhere. Restore returns false, and changes
  // nothing, where `state` is none.
  std::vector<int64_t> State() const;
  bool Restore(const std::vector<int64_t>& state);

 private:
  struct Row {
    int64_t step = 0;
    bool holds = false;
  };

  Rule rule_;
  bool raised_ = false;
  std::deque<Row> rows_;  // the newest at or before the window's begin, and all after it
};

}  // namespace adares
