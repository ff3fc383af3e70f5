// A worker without trainers: it registers, syncs and reports as adares-worker does, with that
// program's own code for the wire, over a TCP connection of its own. What its attempts report is a
// Load's matter.
//
// Unlike adares-worker it does not pause between two Syncs or gather records for a moment before it
// sends them, and keeps no records for a restored database: a stream that ends ends the run.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "bench/fleet/measurements.h"
#include "worker/agent/event_loop.h"
#include "worker/agent/grpc_coordinator_link.h"

namespace adares::bench {

class SimulatedWorker;

// What workers do with their attempts. Called on the owner thread.
class Load {
 public:
  virtual ~Load() = default;

  // The worker holds the attempt from now on.
  virtual void Assigned(SimulatedWorker& worker, const AttemptId& id) = 0;
  // One message is durable; the last one of an attempt included.
  virtual void Acknowledged(SimulatedWorker&, const AttemptId&) {}
  // The attempt's end is durable: its slot is free again.
  virtual void Ended(SimulatedWorker&, const AttemptId&) {}
};

// What the workers of a fleet go through, all of them together.
struct FleetRecord {
  Samples claims;            // a Sync with a free slot, until its answer that assigns something
  Samples overruns;          // what a Sync was held open longer than it had asked for
  Samples acknowledgements;  // a message, from its sending until it is durable
  int64_t failed_syncs = 0;  // without an answer in time, and tried again
  int64_t lost = 0;          // attempts that the server stopped or refused
  std::string first_loss;    // which and why
  absl::Status failure;      // the first thing that a worker cannot go on after
};

// Lives on the owner thread.
class SimulatedWorker {
 public:
  struct Options {
    std::string address;  // HOST:PORT
    std::string name;
    int slots = 1;
    // Keeps a Sync under way while all slots are taken too, which renews leases. Without it, each
    // Sync has a slot to fill, so that its answer's time is that of a claim.
    bool syncs_when_busy = true;
  };

  // All must outlive the worker, and the loop must not run once the worker is destroyed.
  SimulatedWorker(Options options, worker::EventLoop& loop, Load& load, FleetRecord& record);
  SimulatedWorker(const SimulatedWorker&) = delete;

  // Registers and begins to sync.
  void Start();

  // Sends the next records of an attempt that it holds, in one message. With `ends`, the last one
  // is the attempt's end. Nothing where the attempt is held no longer.
  void Report(const AttemptId& id, std::vector<std::string> records, bool ends = false);

  // Says goodbye. It must hold nothing.
  void Leave();

  // The first Sync was sent.
  bool registered() const { return terms_.sync_interval > Duration::zero(); }
  bool left() const { return left_; }
  Duration sync_interval() const { return terms_.sync_interval; }

 private:
  struct Held {
    int64_t last_sequence = 0;  // of what was given to Report
    bool ends = false;          // the last of them is its end
  };
  struct SentReport {
    AttemptId id;
    int64_t last_sequence = 0;
    Clock::time_point at;
  };

  bool HasRoom() const { return held_.size() < static_cast<size_t>(options_.slots); }
  void Sync();
  void Synced(const absl::StatusOr<worker::SyncOrders>& orders);
  void RetrySync(const absl::Status& failure);
  void Take(const worker::SyncOrders& orders);
  void SendNext();
  void Answered(const worker::ReportAnswer& answer);
  void Lose(const AttemptId& id, const std::string& why);
  void Fail(const absl::Status& status);

  const Options options_;
  worker::EventLoop& loop_;
  Load& load_;
  FleetRecord& record_;

  worker::WorkerTerms terms_;  // zero until registered
  std::map<AttemptId, Held> held_;
  std::deque<worker::ReportBatch> waiting_;  // not yet sent
  std::deque<SentReport> sent_;              // not yet answered, in order
  bool can_send_ = false;
  bool syncing_ = false;
  bool sync_has_room_ = false;  // the one under way was sent with a free slot
  bool leaving_ = false;
  bool farewell_sent_ = false;
  bool left_ = false;
  Clock::time_point sync_sent_;
  int64_t sync_sequence_ = 0;
  std::unique_ptr<worker::EventLoop::Timer> sync_timer_;  // until a failed Sync is tried again
  Clock::time_point arrived_;  // when gRPC handed over what is being handled

  worker::GrpcCoordinatorLink link_;  // last, so that its calls end first
};

}  // namespace adares::bench
