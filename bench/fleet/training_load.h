// A load that trains: each attempt reports some points once a second, until all are told to end.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "bench/fleet/simulated_worker.h"
#include "worker/agent/event_loop.h"

namespace adares::bench {

class TrainingLoad : public Load {
 public:
  // `loop` must outlive the load.
  TrainingLoad(int points_per_second, worker::EventLoop& loop)
      : points_(points_per_second), loop_(loop) {}

  void Assigned(SimulatedWorker& worker, const AttemptId& id) override;
  void Acknowledged(SimulatedWorker& worker, const AttemptId& id) override;
  void Ended(SimulatedWorker& worker, const AttemptId& id) override;

  // Ends all attempts as finished.
  void Finish();

  // Attempts that were assigned, and those whose end is durable.
  int assigned() const { return static_cast<int>(trainings_.size()); }
  int ended() const { return ended_; }
  // Messages that are durable.
  int64_t acknowledged() const { return acknowledged_; }
  // How many points each attempt has reported.
  std::map<AttemptId, int64_t> PointsOfAttempts() const;

 private:
  struct Training {
    SimulatedWorker* worker = nullptr;
    int64_t points = 0;                               // reported
    worker::EventLoop::Instant due;                   // when it reports next
    std::unique_ptr<worker::EventLoop::Timer> timer;  // until then
  };

  void Schedule(const AttemptId& id, Training& training);
  void ReportPoints(const AttemptId& id);

  const int points_;
  worker::EventLoop& loop_;
  std::map<AttemptId, Training> trainings_;
  int ended_ = 0;
  int64_t acknowledged_ = 0;
};

}  // namespace adares::bench
