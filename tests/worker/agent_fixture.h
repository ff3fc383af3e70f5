// An agent between a fake coordinator and real, scripted trainers.
#pragma once

#include <gmock/gmock.h>
#include <sys/types.h>

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "tests/fixtures/temp_folder.h"
#include "tests/worker/fake_coordinator.h"
#include "tests/worker/manual_event_loop.h"
#include "worker/agent/agent.h"

namespace adares::worker {

// Positions in ReportRecord.
enum RecordKind : size_t {
  kStartRecord,
  kPointsRecord,
  kWeightsRecord,
  kLogRecord,
  kProgressRecord,
  kEndRecord,
  kFlagRecord,
  kCheckpointRecord
};

class AgentTest : public ::testing::Test {
 protected:
  AgentTest();
  ~AgentTest() override;

  // Environment of trainers that start from now on.
  void Script(const std::string& script);
  void ScriptForLaterTrials(const std::string& script);  // all of a process but its first
  void Gate();                                           // they wait, after their first epoch, ...
  void OpenGate();                                       // ... until now
  void SetTrainer(const std::filesystem::path& path) { options_.trainer.path = path; }
  void SetSlots(int slots) { options_.slots = slots; }
  void UseEachTrainerOnce() { options_.limits.trials = 1; }

  void StartAgent();

  // Runs what is to do until the condition holds. Where nothing is to do but wait, the clock moves
  // about as fast as a real one.
  void RunUntil(const std::function<bool()>& condition);
  // Lets the clock run for so long, with everything that happens meanwhile.
  void RunFor(Duration duration);
  void RunUntilEnd(const AttemptId& id);
  // Until the trainer says that it trains (and waits at the gate, if there is one).
  void RunUntilTraining(const AttemptId& id);

  static AttemptId Id(int attempt = 1);
  static Assignment Work(const AttemptId& id, int64_t seed = 1);
  std::filesystem::path FolderOf(const AttemptId& id) const;
  static int TrainerProcesses();
  // The only trainer.
  static pid_t Trainer();
  // Waits until the only trainer has written all that it will. The agent does not run meanwhile: it
  // has read nothing of that and has not noticed the end.
  static void AwaitTrainersDeath();

  fixtures::TempFolder folder_;
  boost::asio::io_context io_;
  ManualEventLoop loop_{io_};
  FakeCoordinator coordinator_{loop_};
  AgentOptions options_;
  std::optional<AttemptFolders> folders_;
  std::optional<absl::Status> finished_;
  std::unique_ptr<Agent> agent_;
};

}  // namespace adares::worker
