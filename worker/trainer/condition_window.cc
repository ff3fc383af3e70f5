// A queue of looks, as long as the window.
#include "worker/trainer/condition_window.h"

#include <algorithm>

namespace adares {

std::optional<bool> ConditionWindow::Look(int64_t step, bool holds) {
  rows_.push_back({step, holds});
  const int64_t begin = step - rule_.steps;
  while (rows_.size() > 1 && rows_[1].step <= begin) rows_.pop_front();
  const auto looks = static_cast<double>(rows_.size());
  const auto held = static_cast<double>(
      std::count_if(rows_.begin(), rows_.end(), [](const Row& row) { return row.holds; }));
  const bool is_full = rows_.front().step <= begin;
  if (!raised_ && is_full && held >= rule_.share * looks) {
    raised_ = true;
    return true;
  }
  if (raised_ && 2 * held < looks) {
    raised_ = false;
    return false;
  }
  return std::nullopt;
}

// Whether it is raised, then 2 * step + holds of each row.
std::vector<int64_t> ConditionWindow::State() const {
  std::vector<int64_t> state = {raised_ ? 1 : 0};
  for (const Row& row : rows_) state.push_back(2 * row.step + (row.holds ? 1 : 0));
  return state;
}

bool ConditionWindow::Restore(const std::vector<int64_t>& state) {
  if (state.empty() || state[0] < 0 || state[0] > 1) return false;
  std::deque<Row> rows;
  for (size_t i = 1; i < state.size(); ++i) {
    if (state[i] < 0) return false;
    rows.push_back({state[i] / 2, state[i] % 2 == 1});
  }
  raised_ = state[0] == 1;
  rows_ = std::move(rows);
  return true;
}

}  // namespace adares
