// All durations are seconds as double in here.
#include "client/time_left.h"

#include <algorithm>
#include <map>
#include <string>

namespace adares::client {
namespace {

class Mean {
 public:
  void Add(double value) {
    sum_ += value;
    ++count_;
  }
  std::optional<double> Get() const {
    if (count_ == 0) return std::nullopt;
    return sum_ / count_;
  }

 private:
  double sum_ = 0;
  int count_ = 0;
};

double Seconds(Duration duration) { return std::chrono::duration<double>(duration).count(); }

double Seconds(const google::protobuf::Timestamp& time) {
  return static_cast<double>(time.seconds()) + time.nanos() * 1e-9;
}

// Steps a second of the present attempt as this watcher saw it.
std::optional<double> Speed(const WatchedTrial& watched) {
  const double seconds = Seconds(watched.last_moved - watched.first_seen);
  const int64_t steps = watched.trial.progress().step() - watched.first_step;
  if (seconds <= 0 || steps <= 0) return std::nullopt;
  return static_cast<double>(steps) / seconds;
}

// Durations of whole trials, known by variant and overall.
struct Typical {
  std::map<std::string, Mean> by_variant;
  Mean overall;

  void Add(const std::string& variant, double seconds) {
    by_variant[variant].Add(seconds);
    overall.Add(seconds);
  }
  std::optional<double> Of(const std::string& variant) const {
    const auto entry = by_variant.find(variant);
    return entry == by_variant.end() ? overall.Get() : entry->second.Get();
  }
};

Typical Learn(const SweepSnapshot& snapshot) {
  Typical typical;
  for (const auto& [name, watched] : snapshot.trials) {
    const v1::Trial& trial = watched.trial;
    // With several attempts, the time between start and finish is not one training.
    if (trial.state() == v1::Trial::STATE_SUCCEEDED && trial.attempt_count() == 1) {
      typical.Add(trial.variant(), Seconds(trial.finish_time()) - Seconds(trial.start_time()));
    }
    const auto speed = Speed(watched);
    if (trial.state() == v1::Trial::STATE_RUNNING && speed && trial.progress().total_steps() > 0) {
      typical.Add(trial.variant(), static_cast<double>(trial.progress().total_steps()) / *speed);
    }
  }
  return typical;
}

std::optional<double> LeftOf(const WatchedTrial& watched, const Typical& typical, Timestamp now) {
  const v1::Progress& progress = watched.trial.progress();
  const double left = static_cast<double>(progress.total_steps() - progress.step());
  if (const auto speed = Speed(watched); speed && progress.total_steps() > 0) {
    return std::max(0.0, left / *speed - Seconds(now - watched.last_moved));
  }
  const auto whole = typical.Of(watched.trial.variant());
  if (!whole || progress.total_steps() <= 0) return whole;
  return *whole * left / static_cast<double>(progress.total_steps());
}

}  // namespace

std::optional<Duration> EstimateTimeLeft(const SweepSnapshot& snapshot, Timestamp now) {
  const Typical typical = Learn(snapshot);
  double sum = 0;
  double longest = 0;
  int running = 0;
  for (const auto& [name, watched] : snapshot.trials) {
    std::optional<double> left = 0.0;
    if (watched.trial.state() == v1::Trial::STATE_RUNNING) {
      ++running;
      left = LeftOf(watched, typical, now);
    } else if (watched.trial.state() == v1::Trial::STATE_QUEUED) {
      left = typical.Of(watched.trial.variant());
    }
    if (!left) return std::nullopt;
    sum += *left;
    longest = std::max(longest, *left);
  }
  if (running == 0) return std::nullopt;
  const double seconds = std::max(longest, sum / running);
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

}  // namespace adares::client
