// What raises which flag, and when it is taken back.
#include "worker/trainer/weight_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace adares {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr SkipConstraint kSigmoid = {SkipConstraint::Kind::kSigmoid, 0, 2};
constexpr SkipConstraint kTanh = {SkipConstraint::Kind::kTanh, 0, 1};
constexpr SkipConstraint kSoftplus = {SkipConstraint::Kind::kSoftplus, 0, 0};
constexpr SkipConstraint kClamp = {SkipConstraint::Kind::kClamp, 0, 0.1};

// 4 p (1 - p) = 0.05 where p = (1 - sqrt(0.95)) / 2 = 0.012660: at raw = ln(p / (1 - p)) = -4.3567.
TEST(IsSaturatedTest, SigmoidIsFlatFarFromZeroOnBothSides) {
  EXPECT_TRUE(IsSaturated(kSigmoid, 4.36, -1));
  EXPECT_FALSE(IsSaturated(kSigmoid, 4.35, -1));
  EXPECT_TRUE(IsSaturated(kSigmoid, -4.36, 1));
  EXPECT_FALSE(IsSaturated(kSigmoid, -4.35, 1));
}

TEST(IsSaturatedTest, AGradientThatLeadsBackIsNoSaturation) {
  EXPECT_FALSE(IsSaturated(kSigmoid, 9, 1));
  EXPECT_FALSE(IsSaturated(kSigmoid, -9, -1));
  EXPECT_FALSE(IsSaturated(kSigmoid, 9, 0));
}

// 1 - tanh^2 = 0.05 where raw = atanh(sqrt(0.95)) = 2.1783.
TEST(IsSaturatedTest, TanhLikewise) {
  EXPECT_TRUE(IsSaturated(kTanh, -2.18, 1));
  EXPECT_FALSE(IsSaturated(kTanh, -2.17, 1));
}

// sigmoid(raw) = 0.05 where raw = ln(0.05 / 0.95) = -2.9444.
TEST(IsSaturatedTest, SoftplusIsFlatOnOneSide) {
  EXPECT_TRUE(IsSaturated(kSoftplus, -2.95, 1));
  EXPECT_FALSE(IsSaturated(kSoftplus, -2.94, 1));
  EXPECT_FALSE(IsSaturated(kSoftplus, 50, -1));
}

TEST(IsSaturatedTest, ClampIsSaturatedAtItsBoundsAsFloats) {
  EXPECT_TRUE(IsSaturated(kClamp, 0, 1));
  EXPECT_TRUE(IsSaturated(kClamp, static_cast<double>(0.1f), -1));
  EXPECT_FALSE(IsSaturated(kClamp, 0.09, -1));
}

TEST(IsSaturatedTest, AWeightWithoutBoundsNeverIs) {
  EXPECT_FALSE(IsSaturated({}, 1000, -1));
  EXPECT_FALSE(IsSaturated({}, 0, 0));
}

TEST(IsClosedTest, BelowAHundredth) {
  EXPECT_TRUE(IsClosed(-0.0099));
  EXPECT_FALSE(IsClosed(0.01));
}

struct Seen {
  std::vector<std::string> changes;  // "closed at a, step 250", "not closed at a, step 500"
  std::vector<std::string> messages;
};

// A run of `steps` steps with a look each 50.
Seen RunOf(int64_t steps, WeightFlags& flags, const std::function<WeightLook(int64_t)>& weight,
           const std::function<double(int64_t)>& share) {
  Seen seen;
  for (int64_t step = 50; step <= steps; step += 50) {
    for (const Flag& flag : flags.Look(step, step / 100, {weight(step)}, {{"b", share(step)}})) {
      seen.changes.push_back((flag.raised ? "" : "not ") + std::string(Name(flag.kind)) + " at " +
                             flag.site + ", step " + std::to_string(flag.step));
      seen.messages.push_back(flag.message);
      EXPECT_EQ(flag.epoch, step / 100);
    }
  }
  return seen;
}

WeightFlags FlagsOf(int64_t steps, const SkipConstraint& constraint = {}) {
  return WeightFlags({steps, 50, constraint});
}

double Even(int64_t) { return 0.5; }

TEST(WeightFlagsTest, AWeightThatStaysAtZeroIsClosedAfter200Steps) {
  WeightFlags flags = FlagsOf(10'000);
  const Seen seen = RunOf(
      2000, flags,
      [](int64_t step) {
        return WeightLook{"a", step <= 1000 ? 0.002 : 0.5, false, step <= 1000};
      },
      Even);
  EXPECT_THAT(seen.changes, ElementsAre("closed at a, step 250", "not closed at a, step 1150"));
  EXPECT_EQ(seen.messages[0], "the weight is 0.002");
  EXPECT_EQ(seen.messages[1], "the weight is 0.5");
}

TEST(WeightFlagsTest, AWeightThatStartsAtZeroAndLeavesItIsNot) {
  WeightFlags flags = FlagsOf(10'000);
  EXPECT_THAT(RunOf(
                  2000, flags,
                  [](int64_t step) {
                    return WeightLook{"a", 0.001 * static_cast<double>(step), false, step < 200};
                  },
                  Even)
                  .changes,
              IsEmpty());
}

TEST(WeightFlagsTest, SaturationIsToldOfMapsOnly) {
  const auto weight = [](int64_t) { return WeightLook{"a", 1.99, true, false}; };
  WeightFlags mapped = FlagsOf(10'000, kSigmoid);
  const Seen seen = RunOf(1000, mapped, weight, Even);
  EXPECT_THAT(seen.changes, ElementsAre("saturated at a, step 250"));
  EXPECT_THAT(seen.messages[0], HasSubstr("1.99, where its map is flat"));
  WeightFlags plain = FlagsOf(10'000);
  EXPECT_THAT(RunOf(1000, plain, weight, Even).changes, IsEmpty());
}

TEST(WeightFlagsTest, AClampedWeightMayLeaveItsBoundNowAndThen) {
  const auto weight = [](int64_t step) { return WeightLook{"a", 0.1, step % 500 != 0, false}; };
  // Looks each 20 steps: 11 in a window, of which at most one is off the bound.
  WeightFlags clamped({10'000, 20, kClamp});
  WeightFlags sigmoid({10'000, 20, kSigmoid});
  std::vector<int64_t> raised;
  for (int64_t step = 20; step <= 1000; step += 20) {
    for (const Flag& flag : clamped.Look(step, 0, {weight(step % 100 == 0 ? 500 : step)}, {})) {
      raised.push_back(flag.step);
    }
    // Every fifth look is off the bound: never 9 of 10, never all.
    EXPECT_THAT(sigmoid.Look(step, 0, {weight(step % 100 == 0 ? 500 : step)}, {}), IsEmpty());
  }
  EXPECT_THAT(raised, IsEmpty());
  for (int64_t step = 1020; step <= 2000; step += 20) {
    for (const Flag& flag : clamped.Look(step, 0, {weight(step == 1500 ? 500 : step)}, {})) {
      raised.push_back(flag.step);
      EXPECT_THAT(flag.message, HasSubstr("in a range from 0 to 0.1"));
    }
  }
  // The window that ends at 1100 begins at 900 and has the looks at 900 and 1000 off the bound; one
  // of 11 is left when it begins at 920.
  EXPECT_THAT(raised, ElementsAre(1120));
}

TEST(WeightFlagsTest, OnePathOfTheSumMayBeDead) {
  WeightFlags flags = FlagsOf(10'000);
  const auto weight = [](int64_t) { return WeightLook{"a", 1, false, false}; };
  const Seen seen =
      RunOf(2000, flags, weight, [](int64_t step) { return step <= 1000 ? 0.995 : 0.98; });
  EXPECT_THAT(seen.changes,
              ElementsAre("branch-dead at b, step 250", "not branch-dead at b, step 1150"));
  EXPECT_THAT(seen.messages[0], HasSubstr("share 0.995 of the sum"));
  WeightFlags other = FlagsOf(10'000);
  EXPECT_THAT(RunOf(300, other, weight, [](int64_t) { return 0.009; }).changes,
              ElementsAre("branch-dead at b, step 250"));
}

// As where a block was left out of the pass.
TEST(WeightFlagsTest, ALookThatDidNotMeasureTheSumDoesNotCount) {
  const auto weight = [](int64_t) { return WeightLook{"a", 1, false, false}; };
  const double unknown = std::numeric_limits<double>::quiet_NaN();
  WeightFlags never = FlagsOf(10'000);
  EXPECT_THAT(RunOf(1000, never, weight, [&](int64_t) { return unknown; }).changes, IsEmpty());
  WeightFlags once = FlagsOf(10'000);
  EXPECT_THAT(RunOf(1000, once, weight, [&](int64_t step) { return step == 150 ? unknown : 0.999; })
                  .changes,
              ElementsAre("branch-dead at b, step 250"));
}

// The last fifth of 5000 steps has the rows 4000, 4050, ..., 5000.
TEST(WeightFlagsTest, AWeightThatMovesToTheEndIsDrifting) {
  WeightFlags flags({5000, 50, {}});
  const Seen seen = RunOf(
      5000, flags,
      [](int64_t step) {
        return WeightLook{"a", 1e-4 * static_cast<double>(step), false, false};
      },
      Even);
  EXPECT_THAT(seen.changes, ElementsAre("drifting at a, step 5000"));
  EXPECT_EQ(seen.messages[0],
            "the weight went from 0.4 to 0.5 in the last fifth of the steps, 0.1 in 1000");
}

TEST(WeightFlagsTest, AWeightThatHasSettledIsNot) {
  WeightFlags slow({5000, 50, {}});  // moves by 0.009 in the last fifth
  EXPECT_THAT(RunOf(
                  5000, slow,
                  [](int64_t step) {
                    return WeightLook{"a", 0.3 + 9e-6 * static_cast<double>(step), false, false};
                  },
                  Even)
                  .changes,
              IsEmpty());
  WeightFlags noisy({5000, 50, {}});  // moves by 0.2 to and fro
  EXPECT_THAT(RunOf(
                  5000, noisy,
                  [](int64_t step) {
                    return WeightLook{"a", step % 100 == 0 ? 0.4 : 0.6, false, false};
                  },
                  Even)
                  .changes,
              IsEmpty());
}

TEST(WeightFlagsTest, FewRowsSayNothingOfDrift) {
  WeightFlags flags = FlagsOf(2000);  // nine rows in the last fifth
  EXPECT_THAT(RunOf(
                  2000, flags,
                  [](int64_t step) {
                    return WeightLook{"a", 1e-3 * static_cast<double>(step), false, false};
                  },
                  Even)
                  .changes,
              IsEmpty());
}

TEST(WeightFlagsTest, ManyRowsAreThinnedOut) {
  WeightFlags flags({50'000, 1, {}});
  for (int64_t step = 1; step <= 50'000; ++step) {
    flags.Look(step, 0, {{"a", 1, false, false}}, {});
  }
  EXPECT_LE(flags.GetState().drift_steps.size(), 201u);
  EXPECT_GE(flags.GetState().drift_steps.size(), 200u);
}

TEST(WeightFlagsTest, GoesOnFromItsStateAsIfItHadNotStopped) {
  const auto look = [](WeightFlags& flags, int64_t step) {
    return flags.Look(
        step, 0,
        {{"a", 1e-4 * static_cast<double>(step), false, step < 1000}, {"c", 1, true, false}},
        {{"b", step < 3000 ? 0.999 : 0.5}});
  };
  const WeightFlags::Plan plan{5000, 50, kSigmoid};
  WeightFlags whole(plan);
  std::vector<Flag> expected;
  for (int64_t step = 50; step <= 5000; step += 50) {
    for (const Flag& flag : look(whole, step)) expected.push_back(flag);
  }
  ASSERT_GE(expected.size(), 5u);
  auto part = WeightFlags(plan);
  std::vector<Flag> seen;
  for (int64_t step = 50; step <= 5000; step += 50) {
    WeightFlags next(plan);
    ASSERT_TRUE(next.Restore(part.GetState()));
    part = next;
    for (const Flag& flag : look(part, step)) seen.push_back(flag);
  }
  EXPECT_EQ(seen, expected);
}

TEST(WeightFlagsTest, RefusesWhatIsNoState) {
  WeightFlags flags = FlagsOf(100);
  EXPECT_FALSE(flags.Restore({{{"nonsense.a", {0}}}, {}, {}}));
  EXPECT_FALSE(flags.Restore({{{"closed", {0}}}, {}, {}}));
  EXPECT_FALSE(flags.Restore({{{"closed.a", {}}}, {}, {}}));
  EXPECT_FALSE(flags.Restore({{}, {-1}, {0}}));
  EXPECT_FALSE(flags.Restore({{}, {std::numeric_limits<int64_t>::max()}, {0}}));
  EXPECT_TRUE(flags.Restore({{{"closed.layer1.0", {0}}}, {}, {}}));
}

}  // namespace
}  // namespace adares
