// A fleet that does by turns, at random, what workers, people, networks and disks do to a
// coordinator. What it does follows from its seed alone.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/server/coordinator/coordinator_fixture.h"

namespace adares {

class RandomFleet : public CoordinatorFixture, public testing::WithParamInterface<int> {
 protected:
  RandomFleet() : random_(static_cast<uint32_t>(GetParam())) {
    for (const char* name : {"w1", "w2", "w3"}) machines_.push_back({name});
    for (Machine& machine : machines_) StartAnew(machine);
  }

  // What a worker knows of an attempt that it holds.
  struct Held {
    std::vector<ReportRecord> records;
    int64_t acknowledged = 0;
    int64_t step = 0;
    std::optional<StopReason> stopping = std::nullopt;
    bool has_ended() const {
      return !records.empty() && std::holds_alternative<AttemptEnd>(records.back());
    }
  };
  struct Machine {
    std::string name;
    std::string instance = {};
    std::map<AttemptId, Held> held = {};
    std::vector<SyncInput> said = {};  // by this instance, to this start of the coordinator
    int64_t syncs = 0;
    bool draining = false;
  };

  int Below(int limit) { return static_cast<int>(random_() % static_cast<uint32_t>(limit)); }
  bool Chance(int percent) { return Below(100) < percent; }
  Machine& AnyMachine() { return machines_[static_cast<size_t>(Below(3))]; }
  std::string AnySweep() { return Chance(50) ? "alpha" : "beta"; }

  // Does one thing.
  void Step();

  void Restart();
  void StartAnew(Machine& machine);
  SyncInput Said(Machine& machine);
  // A Sync arrives that was overtaken by later ones.
  void ArriveLate(Machine& machine);
  // A Sync whose answer may be lost.
  void Exchange(Machine& machine, bool is_lost);
  void Obey(Machine& machine, const SyncOutput& output);
  // The next record of an attempt. Values follow from the step, as in training that repeats itself.
  ReportRecord NextRecord(Held& held);
  EndReason AnyEnd(const std::optional<StopReason>& stopping);
  // Says goodbye, whether or not an assignment is on its way, and comes again.
  void LeaveAndComeBack(Machine& machine);
  // Some records of an attempt, new ones, known ones, or some that leave a gap; the answer may be
  // lost.
  void ReportSomething(Machine& machine, bool is_lost);
  void Send(Machine& machine, const AttemptId& id, int64_t first, bool is_lost);
  void NoteEnd(const AttemptId& id, const Held& held);
  void LetTimePass();
  void AskSomething();
  // What a worker said was taken, and then the disk did not take it.
  void LoseACommit(Machine& machine);

  // All checks of the database, and that nothing that was finished is undone.
  void ExpectSound();
  // From now on all goes well: then every trial must come to its end.
  void BringAllToAnEnd();
  int OpenTrials();

  static constexpr int kTrials = 6;

  std::mt19937 random_;
  std::vector<Machine> machines_;
  std::set<std::pair<std::string, std::string>> finished_;  // sweep, trial: acknowledged so
  int instances_ = 0;
  bool is_calm_ = false;  // from now on all goes well
};

}  // namespace adares
