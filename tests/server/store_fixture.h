// A Store on a real file in a folder of its own, and small sweeps to put into it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/sweep_spec.h"
#include "core/timestamp.h"
#include "server/store/reader.h"
#include "server/store/store.h"

#define ADARES_ASSERT_OK(expression)                                   \
  do {                                                                 \
    const absl::Status assert_ok_status = (expression);                \
    ASSERT_TRUE(assert_ok_status.ok()) << assert_ok_status.ToString(); \
  } while (false)

namespace adares {

// A folder that vanishes with this.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// 2026-01-02T03:04:05.000006Z plus `seconds`.
Timestamp At(double seconds);

// A sweep over the axis `granularity` (none, unified, stage, block-type, block) with the baseline
// none. Trials come seed by seed.
struct SmallSweep {
  std::string name = "sweep-a";
  size_t variants = 2;  // 1..5
  std::vector<int64_t> seeds = {0, 1};
  int priority = 50;
};
SweepPlan MakePlan(const SmallSweep& shape);

// The id of the trial of `variant` (in product order) with `seed`.
std::string TrialOf(const SweepPlan& plan, size_t variant, int64_t seed);

class StoreTest : public testing::Test {
 protected:
  void SetUp() override;

  // Closes the store without committing and opens the file again, as after a crash.
  void Reopen();
  std::unique_ptr<Reader> NewReader() const;

  // Runs `change` in a transaction of its own, which must commit.
  void Do(const std::function<absl::Status()>& change);
  void Insert(const SweepPlan& plan, Timestamp now = At(0));
  // Claims the next trial, which must be there.
  LiveAttempt Claim(Timestamp now = At(1), const std::string& worker = "w1");
  // Ends the attempt with `reason` and sets its trial's state.
  void End(const LiveAttempt& attempt, EndReason reason, TrialState state, Timestamp now = At(2));
  WriteCounts Append(const LiveAttempt& attempt, const std::vector<MetricPoint>& points);
  WriteCounts Append(const LiveAttempt& attempt, const std::vector<SkipWeightPoint>& weights);

  TempFolder folder_;
  std::string path_ = (folder_.path() / "adares.db").string();
  std::unique_ptr<Store> store_;
};

}  // namespace adares
