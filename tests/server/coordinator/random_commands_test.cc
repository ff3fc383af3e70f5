// Whatever comes in whatever order, the rows follow the domain's rules, nothing that was
// acknowledged is lost, and all comes to an end.
#include "tests/server/coordinator/random_fleet.h"

namespace adares {
namespace {

constexpr int kSteps = 200;

class RandomCommandsTest : public RandomFleet {};

TEST_P(RandomCommandsTest, TheDatabaseIsSoundAfterEachStep) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  SweepPlan plan = Plan("alpha", kTrials);
  plan.schedule.stop = StopRule{"loss", StopRule::Side::kBelow, 0.1, 0};
  plan.schedule.timeout = std::chrono::minutes(2);
  Create(plan);
  Create(Plan("beta", kTrials, /*priority=*/60));
  for (int step = 0; step < kSteps && !HasFailure(); ++step) {
    SCOPED_TRACE("step " + std::to_string(step));
    Step();
    ExpectSound();
  }
  BringAllToAnEnd();
  ExpectSound();
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomCommandsTest, testing::Range(1, 5));

}  // namespace
}  // namespace adares
