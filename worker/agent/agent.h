// The worker's state machine: which attempts it holds, which of them run, and what the coordinator
// and the machine say about them.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "worker/agent/attempt.h"
#include "worker/agent/attempt_folders.h"
#include "worker/agent/coordinator_link.h"
#include "worker/agent/disk_watch.h"
#include "worker/agent/event_loop.h"
#include "worker/agent/machine_watch.h"
#include "worker/agent/reporter.h"
#include "worker/agent/sync_loop.h"
#include "worker/agent/trainer_pool.h"

namespace adares::worker {

struct AgentOptions {
  int slots = 1;  // trainers at a time
  TrainerProgram trainer;
  TrainerLimits limits = {};
  Duration checkpoint_interval = std::chrono::minutes(5);  // zero: no checkpoints
  // At what the machine has, as MachineWatch has it; empty: it stays as the link was told.
  std::function<Capability()> look = {};
};

// Lives on the owner thread; destroying it kills its trainers.
class Agent {
 public:
  // How long a trainer may go on with the step in progress when its trial is cancelled, and when
  // the worker goes.
  static constexpr Duration kCancelGrace = std::chrono::seconds(10);
  static constexpr Duration kDrainGrace = std::chrono::seconds(5);
  // How long the last checkpoints of a draining worker may take to be uploaded.
  static constexpr Duration kDrainUploadLimit = std::chrono::seconds(8);
  // How long a draining worker waits for its last acknowledgements; and, holding nothing, for an
  // answer to its farewell.
  static constexpr Duration kDrainLimit = std::chrono::seconds(15);
  static constexpr Duration kFarewellLimit = std::chrono::seconds(2);
  // How often it looks whether the machine has other data sets than it said; and how long the first
  // registration waits for the first look.
  static constexpr Duration kLookPeriod = std::chrono::minutes(1);
  static constexpr Duration kFirstLookLimit = std::chrono::seconds(5);

  struct Context {
    EventLoop& loop;
    boost::asio::io_context& io;
    CoordinatorLink& link;
    AttemptFolders& folders;
  };

  // `finished` is called once: OK after Drain, else why the coordinator will not have this worker.
  Agent(AgentOptions options, const Context& context,
        std::function<void(const absl::Status&)> finished);
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  void Start();

  // Gives its trials back and finishes.
  void Drain();

 private:
  void BeginToSync();
  void LookLater();
  void NoteSilentLook();
  void TakeLook(const Capability& capability);
  SyncState State();
  void Apply(const SyncOrders& orders);
  void Apply(const StopOrder& order);
  void Apply(const Assignment& assignment);
  void TakeAnswer(const ReportAnswer& answer);
  std::optional<ReportBatch> NextBatch();
  void AttemptChanged();
  void Tidy();
  void TakeFarewell();
  void LaunchWaiting();
  int StuckSlots() const;
  // Slots with a trainer that works or leaves.
  int BusySlots() const;
  void Finish(const absl::Status& status);
  Attempt* Find(const AttemptId& id);

  const AgentOptions options_;
  const Context context_;
  const std::function<void(const absl::Status&)> finished_;
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // for posted actions
  SyncLoop sync_;
  Reporter reporter_;
  TrainerPool trainers_;
  DiskWatch disk_;
  std::vector<std::unique_ptr<Attempt>> attempts_;  // in the order of their assignment
  size_t next_to_report_ = 0;                       // attempts take turns
  bool tidy_posted_ = false;
  bool draining_ = false;
  bool farewell_sent_ = false;   // the Sync that says that it leaves
  bool farewell_taken_ = false;  // was answered, or need not be waited for any longer
  bool syncing_ = false;         // was begun
  int told_stuck_ = 0;           // slots, by the last Sync
  std::optional<MachineWatch> watch_;
  std::optional<Capability> capability_;  // as last seen
  bool silent_look_logged_ = false;       // once for each time that it does not end
  std::unique_ptr<EventLoop::Timer> look_timer_;
  std::unique_ptr<EventLoop::Timer> farewell_timer_;
  std::unique_ptr<EventLoop::Timer> drain_timer_;
  bool done_ = false;
};

}  // namespace adares::worker
