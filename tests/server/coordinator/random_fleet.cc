#include "tests/server/coordinator/random_fleet.h"

#include <algorithm>
#include <utility>

#include "server/store/database_check.h"

namespace adares {

void RandomFleet::Step() {
  switch (Below(14)) {
    case 0:
    case 1:
    case 2:
      return Exchange(AnyMachine(), Chance(20));
    case 3:
    case 4:
    case 5:
    case 6:
      return ReportSomething(AnyMachine(), Chance(20));
    case 7:
      return LetTimePass();
    case 8:
      return AskSomething();
    case 9:
      return LoseACommit(AnyMachine());
    case 10:
      return ArriveLate(AnyMachine());
    case 11:
      return (void)Run([&] { return coordinator_->Reload(now_); });
    case 12:
      return LeaveAndComeBack(AnyMachine());
    default:
      if (Chance(30)) return Restart();
      if (Chance(30)) return StartAnew(AnyMachine());
  }
}

void RandomFleet::StartAnew(Machine& machine) {
  machine.instance = machine.name + "-" + std::to_string(++instances_);
  machine.held.clear();
  machine.said.clear();
  machine.syncs = 0;
  machine.draining = false;
  ASSERT_TRUE(TryToRegister(machine.name, machine.instance, 2).ok());
}

// Connections end with the process: what was under way never arrives.
void RandomFleet::Restart() {
  Open();
  for (Machine& machine : machines_) machine.said.clear();
}

SyncInput RandomFleet::Said(Machine& machine) {
  SyncInput input{machine.name, machine.instance, {}, machine.draining};
  if (!is_calm_ && Chance(10)) input.stuck_slots = Below(3);
  for (const auto& [id, held] : machine.held) {
    const HeldPhase phase = held.has_ended() ? HeldPhase::kReporting
                            : held.stopping  ? HeldPhase::kStopping
                                             : HeldPhase::kRunning;
    input.held.push_back({id, phase});
  }
  input.sequence = ++machine.syncs;
  machine.said.push_back(input);
  return input;
}

void RandomFleet::ArriveLate(Machine& machine) {
  if (machine.said.size() < 2) return;
  const SyncInput& late =
      machine.said[static_cast<size_t>(Below(static_cast<int>(machine.said.size()) - 1))];
  const auto output = Run([&] { return coordinator_->Sync(late, now_); });
  if (ErrorReason(output.status()) == reason::kWorkerUnknown) return;
  ASSERT_TRUE(output.ok()) << output.status();
  EXPECT_TRUE(output->empty()) << "it would be answered to nobody";
}

void RandomFleet::Exchange(Machine& machine, bool is_lost) {
  const absl::StatusOr<SyncOutput> output =
      Run([&] { return coordinator_->Sync(Said(machine), now_); });
  if (ErrorReason(output.status()) == reason::kWorkerUnknown) {
    ASSERT_TRUE(TryToRegister(machine.name, machine.instance, 2).ok());
    machine.said.clear();
    return;
  }
  ASSERT_TRUE(output.ok()) << output.status();
  if (!is_lost) Obey(machine, *output);
}

void RandomFleet::LeaveAndComeBack(Machine& machine) {
  if (!machine.held.empty()) return;
  ASSERT_TRUE(Run([&] {
                return coordinator_->Sync({machine.name, machine.instance, {}, true, true}, now_);
              }).ok());
  StartAnew(machine);
}

void RandomFleet::Obey(Machine& machine, const SyncOutput& output) {
  machine.draining = machine.draining || output.drain;
  for (const StopOrder& order : output.stop) {
    const auto held = machine.held.find(order.id);
    ASSERT_NE(held, machine.held.end()) << "it stops what is not held";
    if (order.reason == StopReason::kLeaseLost) {
      machine.held.erase(held);
    } else {
      held->second.stopping = order.reason;
    }
  }
  for (const Assignment& start : output.start) {
    Held held;
    AttemptStart first;
    if (start.checkpoint && Chance(80)) first.resumed_step = start.checkpoint->step;
    held.step = first.resumed_step;
    held.records.emplace_back(first);
    machine.held.emplace(start.id, std::move(held));
  }
}

ReportRecord RandomFleet::NextRecord(Held& held) {
  if (held.stopping || Chance(8)) return AttemptEnd{AnyEnd(held.stopping), "why", {}, {}};
  if (Chance(15)) return Progress{held.step, 100, 0, 1};
  if (Chance(20) && held.step > 0) {
    const std::string hash(64, static_cast<char>('0' + Below(8)));
    return Checkpoint{held.step, 0, CheckpointReason::kPeriodic, {{"net", hash, 5}}};
  }
  ++held.step;
  std::vector<MetricPoint> points = {{"loss", held.step, 0, 1.0 / double(held.step)}};
  if (Chance(50)) points.push_back({"speed", held.step, 0, double(held.step % 7)});
  return points;
}

EndReason RandomFleet::AnyEnd(const std::optional<StopReason>& stopping) {
  constexpr EndReason kEnds[] = {EndReason::kFinished, EndReason::kError, EndReason::kPreempted,
                                 EndReason::kOutOfMemory, EndReason::kDiverged};
  if (stopping == StopReason::kTimeout && Chance(80)) return EndReason::kTimeout;
  if (stopping && Chance(80)) return EndReason::kCancelled;
  return kEnds[Chance(50) ? 0 : Below(5)];
}

void RandomFleet::ReportSomething(Machine& machine, bool is_lost) {
  if (machine.held.empty()) return;
  auto it = machine.held.begin();
  std::advance(it, Below(static_cast<int>(machine.held.size())));
  Held& held = it->second;
  for (int i = Below(4); i > 0 && !held.has_ended(); --i) held.records.push_back(NextRecord(held));
  const int64_t first = 1 + Below(static_cast<int>(held.records.size()));
  Send(machine, it->first, first, is_lost);
}

void RandomFleet::Send(Machine& machine, const AttemptId& id, int64_t first, bool is_lost) {
  Held& held = machine.held.at(id);
  const std::vector<ReportRecord> records(held.records.begin() + first - 1, held.records.end());
  const absl::StatusOr<ReportOutput> output =
      Report(machine.name, machine.instance, id, first, records);
  ASSERT_TRUE(output.ok()) << output.status();
  const auto all = static_cast<int64_t>(held.records.size());
  if (!output->lease_lost) {
    EXPECT_LE(output->acknowledged_sequence, all);
    EXPECT_GE(output->acknowledged_sequence, held.acknowledged) << "what was durable is lost";
    if (held.has_ended() && output->acknowledged_sequence == all) NoteEnd(id, held);
  }
  if (is_lost) return;
  held.acknowledged = output->acknowledged_sequence;
  if (output->lease_lost || (held.has_ended() && held.acknowledged == all)) {
    machine.held.erase(id);
  }
}

void RandomFleet::NoteEnd(const AttemptId& id, const Held& held) {
  const auto& end = std::get<AttemptEnd>(held.records.back());
  if (end.reason == EndReason::kFinished) finished_.insert({id.sweep, id.trial});
}

void RandomFleet::LetTimePass() {
  now_ += std::chrono::seconds(1 + Below(Chance(20) ? 60 : 6));
  ASSERT_TRUE(Run([&] { return coordinator_->Expire(now_); }).ok());
}

void RandomFleet::AskSomething() {
  constexpr ControlAction kActions[] = {ControlAction::kPause, ControlAction::kResume,
                                        ControlAction::kCancel, ControlAction::kRetry,
                                        ControlAction::kRetryFromScratch};
  if (Chance(10)) {
    const std::string& worker = AnyMachine().name;
    return (void)Run([&] { return coordinator_->Drain(worker, now_); });  // it may have left
  }
  if (Chance(20)) {
    const std::optional<std::string> why =
        Chance(40) ? std::optional<std::string>("x") : std::nullopt;
    ASSERT_TRUE(Run([&] { return coordinator_->Cordon(AnyMachine().name, why, now_); }).ok());
    return;
  }
  TrialFilter filter;
  if (Chance(80)) filter.seeds = {Below(kTrials)};
  ASSERT_TRUE(Control(AnySweep(), kActions[Below(5)], filter).ok());
}

void RandomFleet::LoseACommit(Machine& machine) {
  ASSERT_TRUE(store_->Begin().ok());
  (void)coordinator_->Sync(Said(machine), now_);
  for (const auto& [id, held] : machine.held) {
    (void)coordinator_->Report({machine.name, machine.instance, id, 1, held.records}, now_);
  }
  store_->Rollback();
  ASSERT_TRUE(coordinator_->Reload(now_).ok());
}

void RandomFleet::ExpectSound() {
  CheckObserver observer;
  observer.end = [](const CheckResult& result) {
    EXPECT_EQ(result.finding_count, 0)
        << result.check << ": " << result.findings[0].subject << ": " << result.findings[0].problem;
  };
  const absl::Status checked = CheckDatabase(folder_ / "adares.db", CheckDepth::kAll, observer);
  EXPECT_TRUE(checked.ok()) << checked;
  for (const auto& [sweep, trial] : finished_) {
    EXPECT_EQ(reader_->GetTrial(sweep, trial)->state, TrialState::kSucceeded) << trial;
  }
}

void RandomFleet::BringAllToAnEnd() {
  is_calm_ = true;
  for (Machine& machine : machines_) StartAnew(machine);
  for (const Machine& machine : machines_) {
    ASSERT_TRUE(Run([&] { return coordinator_->Cordon(machine.name, std::nullopt, now_); }).ok());
  }
  for (const char* sweep : {"alpha", "beta"}) {
    ASSERT_TRUE(Control(sweep, ControlAction::kResume).ok());
  }
  for (int round = 0; round < 300 && OpenTrials() > 0; ++round) {
    for (Machine& machine : machines_) {
      Exchange(machine, /*is_lost=*/false);
      while (!machine.held.empty()) {
        auto& [id, held] = *machine.held.begin();
        held.records.emplace_back(AttemptEnd{EndReason::kFinished, "", {}, {}});
        Send(machine, AttemptId(id), 1, /*is_lost=*/false);
      }
    }
    now_ += std::chrono::seconds(5);
    ASSERT_TRUE(Run([&] { return coordinator_->Expire(now_); }).ok());
  }
  EXPECT_EQ(OpenTrials(), 0);
}

int RandomFleet::OpenTrials() {
  int open = 0;
  for (const char* sweep : {"alpha", "beta"}) {
    const TrialCounts counts = reader_->GetSweep(sweep)->counts;
    open += counts.queued + counts.running + counts.paused + counts.stopping;
  }
  return open;
}
}  // namespace adares
