// A Store on a real file in a folder of its own, and small sweeps to put into it.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "server/store/reader.h"
#include "server/store/store.h"
#include "tests/fixtures/temp_folder.h"
#include "tests/server/small_sweep.h"

#define ADARES_ASSERT_OK(expression)                                   \
  do {                                                                 \
    const absl::Status assert_ok_status = (expression);                \
    ASSERT_TRUE(assert_ok_status.ok()) << assert_ok_status.ToString(); \
  } while (false)

namespace adares {

// An attempt's end without message, exit code and log.
AttemptEnd EndWith(EndReason reason);

class StoreTest : public testing::Test {
 protected:
  void SetUp() override;

  void Open(Timestamp now = At(0));
  // Closes the store without committing and opens the file again, as after a crash.
  void Reopen();
  std::unique_ptr<Reader> NewReader() const;

  // Runs `change` in a transaction of its own, which must commit.
  void Do(const std::function<absl::Status()>& change);
  void Insert(const SweepPlan& plan, Timestamp now = At(0));
  int64_t RowOf(const std::string& sweep) const;
  // The stage of the state; stopping trials stop to be cancelled.
  static TrialStage StageOf(TrialState state);
  absl::Status SetState(int64_t trial_row, TrialState state, Timestamp now,
                        const std::string& message = "");
  // What ClaimNext gives of the first group that waits.
  absl::StatusOr<std::optional<adares::Claim>> TryToClaim(const std::string& worker, Timestamp now);
  // Claims the next trial of the oldest sweep, which must be there.
  LiveAttempt Claim(Timestamp now = At(1), const std::string& worker = "w1");
  // Ends the attempt with `reason` and sets its trial's state.
  void End(const LiveAttempt& attempt, EndReason reason, TrialState state, Timestamp now = At(2));
  WriteCounts Append(const LiveAttempt& attempt, const std::vector<MetricPoint>& points);
  WriteCounts Append(const LiveAttempt& attempt, const std::vector<SkipWeightPoint>& weights);
  WriteCounts Append(const LiveAttempt& attempt, const std::vector<LogLine>& lines);
  WriteCounts Append(const LiveAttempt& attempt, const Flag& flag);

  fixtures::TempFolder folder_;
  std::string path_ = folder_ / "adares.db";
  std::unique_ptr<Store> store_;
};

}  // namespace adares
