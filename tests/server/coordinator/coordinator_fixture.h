// A coordinator on a real database file, driven by hand: time is a number in the test.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/status.h"
#include "core/sweep_spec.h"
#include "server/coordinator/coordinator.h"
#include "server/store/reader.h"
#include "server/store/store.h"
#include "tests/fixtures/temp_folder.h"

namespace adares {

class CoordinatorFixture : public testing::Test {
 protected:
  CoordinatorFixture() { Open(); }

  // Opens the same file anew, as a restarted coordinator does.
  void Open() {
    coordinator_.reset();
    reader_.reset();
    store_.reset();
    const std::string path = folder_ / "adares.db";
    absl::StatusOr<std::unique_ptr<Store>> store = Store::Open(path, now_);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    reader_ = *Reader::Open(path);
    coordinator_ = std::make_unique<Coordinator>(
        store_.get(), LeaseOptions{},
        [this](const CheckpointFile& file) { return !missing_blobs_.contains(file.sha256); });
    ASSERT_TRUE(coordinator_->Recover(now_).ok());
  }

  // Runs one command as the commit loop does: in a transaction that is committed if it succeeds.
  template <typename Command>
  auto Run(Command command) -> decltype(command()) {
    EXPECT_TRUE(store_->Begin().ok());
    auto result = command();
    if (IsOk(result)) {
      EXPECT_TRUE(store_->Commit().ok());
    } else {
      store_->Rollback();
    }
    return result;
  }

  // A sweep of `seeds` trials of one variant.
  static SweepPlan Plan(const std::string& name, int seeds, int priority = 50) {
    SweepPlan plan;
    plan.name = name;
    plan.schedule.priority = priority;
    plan.digest = "digest-of-" + name;
    Variant variant;
    variant.id = VariantId(variant.spec);
    variant.label = "base";
    plan.variants.push_back(variant);
    for (int64_t seed = 0; seed < seeds; ++seed) {
      TrialSpec spec = variant.spec;
      spec.seed = seed;
      plan.seeds.push_back(seed);
      plan.trials.push_back({TrialId(spec), 0, seed});
    }
    return plan;
  }

  void Create(const SweepPlan& plan) {
    ASSERT_TRUE(Run([&] { return coordinator_->CreateSweep(plan, "text", now_); }).ok());
  }

  // As of one whose state folder knows what ran before.
  absl::Status TryToRegister(const std::string& worker, const std::string& instance,
                             int slots = 1) {
    const std::string previous = std::exchange(newest_instances_[worker], instance);
    return RegisterAfter(worker, instance, previous, slots);
  }
  absl::Status TryToRegisterStranger(const std::string& worker, const std::string& instance) {
    return RegisterAfter(worker, instance, "", 1);
  }
  absl::Status RegisterAfter(const std::string& worker, const std::string& instance,
                             const std::string& previous, int slots) {
    WorkerRecord record;
    record.name = worker;
    record.instance = instance;
    record.slots = slots;
    record.hostname = "host";
    return Run([&] { return coordinator_->RegisterWorker({record, previous}, now_); });
  }
  void Register(const std::string& worker, const std::string& instance, int slots = 1) {
    const absl::Status registered = TryToRegister(worker, instance, slots);
    ASSERT_TRUE(registered.ok()) << registered;
  }

  absl::StatusOr<SyncOutput> Sync(const std::string& worker, const std::string& instance,
                                  std::vector<HeldAttempt> held = {}, bool draining = false) {
    return Run([&] {
      return coordinator_->Sync({worker, instance, std::move(held), draining}, now_);
    });
  }

  // Lets time go by, as the commit loop does when nothing else happens.
  void Wait(Duration duration) {
    now_ += duration;
    ASSERT_TRUE(Run([&] { return coordinator_->Expire(now_); }).ok());
  }

  absl::StatusOr<ControlOutcome> Control(const std::string& sweep, ControlAction action,
                                         const TrialFilter& filter = {}) {
    return Run([&] { return coordinator_->Control(sweep, filter, action, now_); });
  }

  // Syncs and expects exactly one assignment.
  AttemptId Claim(const std::string& worker, const std::string& instance) {
    const absl::StatusOr<SyncOutput> output = Sync(worker, instance);
    EXPECT_TRUE(output.ok()) << output.status();
    if (!output.ok() || output->start.size() != 1) {
      ADD_FAILURE() << "no assignment";
      return {};
    }
    return output->start[0].id;
  }

  absl::StatusOr<ReportOutput> Report(const std::string& worker, const std::string& instance,
                                      const AttemptId& id, int64_t first,
                                      std::vector<ReportRecord> records) {
    return Run([&] {
      return coordinator_->Report({worker, instance, id, first, std::move(records)}, now_);
    });
  }

  TrialRecord Trial(const AttemptId& id) {
    absl::StatusOr<TrialRecord> trial = reader_->GetTrial(id.sweep, id.trial);
    EXPECT_TRUE(trial.ok()) << trial.status();
    return trial.ok() ? *trial : TrialRecord{};
  }

  static ReportRecord Point(const std::string& key, int64_t step, double value) {
    return std::vector<MetricPoint>{{key, step, 0, value}};
  }
  static ReportRecord End(EndReason reason, const std::string& message = "") {
    return AttemptEnd{reason, message, {}, {}};
  }

  static bool IsOk(const absl::Status& status) { return status.ok(); }
  template <typename T>
  static bool IsOk(const absl::StatusOr<T>& result) {
    return result.ok();
  }

  fixtures::TempFolder folder_;
  Timestamp now_ = FromMicros(1'000'000'000'000'000);
  std::set<std::string> missing_blobs_;
  std::map<std::string, std::string> newest_instances_;  // by worker
  std::unique_ptr<Store> store_;
  std::unique_ptr<Reader> reader_;
  std::unique_ptr<Coordinator> coordinator_;
};

}  // namespace adares
