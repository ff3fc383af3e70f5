// Conditions that hold, flicker and pass.
#include "worker/trainer/condition_window.h"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace adares {
namespace {

constexpr ConditionWindow::Rule kRule = {200, 1};
constexpr ConditionWindow::Rule kNineOfTen = {200, 0.9};

// The steps at which something changed: positive where raised, negative where cleared.
std::vector<int64_t> Changes(ConditionWindow& window, int64_t first, int64_t every,
                             const std::vector<bool>& looks) {
  std::vector<int64_t> changes;
  int64_t step = first;
  for (const bool holds : looks) {
    if (const auto raised = window.Look(step, holds)) changes.push_back(*raised ? step : -step);
    step += every;
  }
  return changes;
}

TEST(ConditionWindowTest, IsRaisedOnceWhenItHeldForAllSteps) {
  ConditionWindow window(kRule);
  EXPECT_EQ(Changes(window, 50, 50, std::vector<bool>(20, true)), (std::vector<int64_t>{250}));
  EXPECT_TRUE(window.raised());
}

TEST(ConditionWindowTest, OneLookThatDoesNotHoldBeginsTheCountAnew) {
  ConditionWindow window(kRule);
  // The look at 150 leaves the window, which reaches back 200 steps and is closed at its begin,
  // when the look at 200 is its oldest.
  EXPECT_EQ(Changes(window, 50, 50, {true, true, false, true, true, true, true, true, true}),
            (std::vector<int64_t>{400}));
}

TEST(ConditionWindowTest, IsClearedWhenMostLooksDoNotHold) {
  ConditionWindow window(kRule);
  // Five looks in the window: it is cleared when only two of them hold.
  EXPECT_EQ(Changes(window, 0, 50, {true, true, true, true, true, false, false, false, true}),
            (std::vector<int64_t>{200, -350}));
}

TEST(ConditionWindowTest, AShareOfTheLooksMayBeEnough) {
  ConditionWindow window(kNineOfTen);
  std::vector<bool> looks(10, true);
  looks[4] = false;
  looks.push_back(true);  // 10 of 11
  EXPECT_EQ(Changes(window, 0, 20, looks), (std::vector<int64_t>{200}));
  ConditionWindow other(kNineOfTen);
  looks[5] = false;  // 9 of 11
  EXPECT_EQ(Changes(other, 0, 20, looks), (std::vector<int64_t>{}));
}

TEST(ConditionWindowTest, GoesOnFromItsStateAsIfItHadNotStopped) {
  const std::vector<bool> looks = {true, true, true, true, true, false, false, false, true};
  for (size_t cut = 0; cut <= looks.size(); ++cut) {
    ConditionWindow first(kRule);
    std::vector<int64_t> changes =
        Changes(first, 0, 50, {looks.begin(), looks.begin() + static_cast<ptrdiff_t>(cut)});
    ConditionWindow second(kRule);
    ASSERT_TRUE(second.Restore(first.State()));
    const auto rest = Changes(second, 50 * static_cast<int64_t>(cut), 50,
                              {looks.begin() + static_cast<ptrdiff_t>(cut), looks.end()});
    changes.insert(changes.end(), rest.begin(), rest.end());
    EXPECT_EQ(changes, (std::vector<int64_t>{200, -350})) << "cut after " << cut;
  }
}

TEST(ConditionWindowTest, RefusesWhatIsNoState) {
  ConditionWindow window(kRule);
  Changes(window, 0, 50, {true, true, true, true, true});
  EXPECT_FALSE(window.Restore({}));
  EXPECT_FALSE(window.Restore({2}));
  EXPECT_FALSE(window.Restore({0, -1}));
  EXPECT_TRUE(window.raised());
}

}  // namespace
}  // namespace adares
