#include "bench/fleet/use_log.h"

#include <cstdio>

#include "absl/strings/str_cat.h"

namespace adares::bench {
namespace {

constexpr std::chrono::seconds kLookEvery{1};
constexpr size_t kLooksToTell = 30;
constexpr size_t kQuarters = 4;
constexpr double kSecondsPerMinute = 60;

}  // namespace

UseLog::UseLog(const ServerProcess& server, worker::EventLoop& loop)
    : server_(server), loop_(loop) {
  Look();
}

void UseLog::Look() {
  if (const auto use = server_.Use(); use.ok()) {
    uses_.push_back(*use);
    seconds_.push_back(SecondsSince(begin_));
    if (uses_.size() % kLooksToTell == 0) Tell();
  }
  timer_ = loop_.After(kLookEvery, [this] { Look(); });
}

// A long run should show that it goes on.
void UseLog::Tell() const {
  std::fprintf(stderr, "after %.0f s: server at %.2f cores, %.1f MiB\n", seconds_.back(), Cores(),
               uses_.back().rss_mib);
}

double UseLog::Cores() const {
  if (uses_.size() < 2) return 0;
  return (uses_.back().cpu_seconds - uses_.front().cpu_seconds) /
         (seconds_.back() - seconds_.front());
}

void UseLog::AddMemoryTo(Outcome& outcome) const {
  if (uses_.empty()) return;
  std::vector<double> rss;
  for (const ProcessUse& use : uses_) rss.push_back(use.rss_mib);
  for (size_t quarter = 0; quarter <= kQuarters; ++quarter) {
    outcome.Add(absl::StrCat("server_rss_at_", 100 * quarter / kQuarters, "_percent_mib"),
                rss[(rss.size() - 1) * quarter / kQuarters]);
  }
  // In the first half buffers and caches fill.
  const auto half = static_cast<ptrdiff_t>(rss.size() / 2);
  const double per_second =
      Slope({seconds_.begin() + half, seconds_.end()}, {rss.begin() + half, rss.end()});
  outcome.Add("server_rss_growth_mib_per_minute", kSecondsPerMinute * per_second);
  outcome.Add("server_peak_rss_mib", uses_.back().peak_rss_mib);
}

}  // namespace adares::bench
