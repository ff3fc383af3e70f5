// A load of long series: each attempt reports many points of one key, as fast as they are
// acknowledged.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bench/fleet/simulated_worker.h"

namespace adares::bench {

// Attempts begin when they are assigned; points flow from Begin on, and the attempts end with
// Finish.
class SeriesLoad : public Load {
 public:
  struct Plan {
    std::string key;
    int64_t points = 0;  // of each series
    int64_t batch = 1;   // points of a message, at most
    int64_t record = 1;  // points of a record, at most
    int window = 1;      // messages of a worker that are not acknowledged, at most
  };

  explicit SeriesLoad(Plan plan) : plan_(std::move(plan)) {}

  void Assigned(SimulatedWorker& worker, const AttemptId& id) override;
  void Acknowledged(SimulatedWorker& worker, const AttemptId& id) override;
  void Ended(SimulatedWorker& worker, const AttemptId& id) override;

  // Once `begun` says that all attempts are there.
  void Begin();
  // Once `complete` says that all points are durable.
  void Finish();

  // Attempts whose beginning is durable, whose points all are, and whose end is.
  int begun() const { return begun_; }
  int complete() const { return complete_; }
  int ended() const { return ended_; }
  // The trials, in the order of their assignment.
  const std::vector<AttemptId>& attempts() const { return attempts_; }

 private:
  struct Series {
    AttemptId id;
    int64_t sent = 0;     // points
    int64_t durable = 0;  // likewise
  };
  struct Share {
    std::vector<Series> series;
    size_t turn = 0;    // whose points are sent next
    int in_flight = 0;  // messages
  };

  // Fills the worker's window, with a message of each series in turn.
  void Send(SimulatedWorker& worker, Share& share);
  void SendBatch(SimulatedWorker& worker, Series& series);
  int64_t NextBatch(int64_t done) const;

  const Plan plan_;
  std::map<SimulatedWorker*, Share> shares_;
  std::vector<AttemptId> attempts_;
  bool flows_ = false;
  int begun_ = 0;
  int complete_ = 0;
  int ended_ = 0;
};

}  // namespace adares::bench
