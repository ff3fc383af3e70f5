// The hash of results: rows, their order and every bit of them count, times do not.
#include "worker/trainer/result_digest.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "core/sha256.h"

namespace adares {
namespace {

using trainer_protocol::Event;
using trainer_protocol::FlagEvent;
using trainer_protocol::PointsEvent;
using trainer_protocol::ProgressEvent;
using trainer_protocol::SkipWeightsEvent;

std::string Digest(const std::vector<Event>& events, const std::string& start = "") {
  ResultDigest digest(start);
  for (const Event& event : events) digest.Add(event);
  return digest.hex();
}

PointsEvent Point(const std::string& key, double value) { return {{{key, 10, 1, value}}}; }
SkipWeightsEvent Weight(double value, double gradient) {
  return {{{"layer1.0", 10, 1, value, gradient}}};
}

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// By `printf '\npoint train/loss 10 1 3ff8000000000000' | sha256sum`.
TEST(ResultDigestTest, IsAChainOfHashesOverRows) {
  const std::string first = Sha256Hex("\npoint train/loss 10 1 3ff8000000000000");
  EXPECT_EQ(first, "92d1d8abf90ebf493379c3d41852819d1da6bdf09e2bb84988e6d4db2c797699");
  EXPECT_EQ(Digest({Point("train/loss", 1.5)}), first);
  EXPECT_EQ(Digest({Point("train/loss", 1.5), Weight(0, kNan)}),
            Sha256Hex(first + "\nweight layer1.0 10 1 0 nan nan nan nan nan nan"));
}

TEST(ResultDigestTest, EachNumberOfAWeightCounts) {
  SkipWeightsEvent event = Weight(1, 2);
  const std::string before = Digest({event});
  for (double SkipWeightPoint::*field :
       {&SkipWeightPoint::s, &SkipWeightPoint::r, &SkipWeightPoint::gradient_snr,
        &SkipWeightPoint::path_ratio, &SkipWeightPoint::skip_share}) {
    SkipWeightsEvent other = event;
    other.weights[0].*field = 0.5;
    EXPECT_NE(Digest({other}), before);
  }
}

TEST(ResultDigestTest, FlagsCountButNotTheirWords) {
  const Flag flag{FlagKind::kBranchDead, "layer1.0", 10, 1, true, "why"};
  const auto digest = [](const Flag& of) { return Digest({FlagEvent{of}}); };
  EXPECT_EQ(digest(flag), Sha256Hex("\nflag branch-dead layer1.0 10 1 1"));
  Flag other = flag;
  other.message = "another way to say it";
  EXPECT_EQ(digest(other), digest(flag));
  other.raised = false;
  EXPECT_NE(digest(other), digest(flag));
}

TEST(ResultDigestTest, NothingGivesNothing) {
  EXPECT_EQ(Digest({}), "");
  EXPECT_EQ(Digest({Point("time/epoch_seconds", 1), ProgressEvent{1, 0, 100}}), "");
}

TEST(ResultDigestTest, HowRowsAreSentDoesNotMatterTheirOrderDoes) {
  const MetricPoint a{"train/loss", 1, 0, 1};
  const MetricPoint b{"train/accuracy", 1, 0, 2};
  EXPECT_EQ(Digest({PointsEvent{{a, b}}}), Digest({PointsEvent{{a}}, PointsEvent{{b}}}));
  EXPECT_NE(Digest({PointsEvent{{a, b}}}), Digest({PointsEvent{{b, a}}}));
}

TEST(ResultDigestTest, GoesOnFromWhereItWas) {
  const std::string half = Digest({Point("train/loss", 1)});
  EXPECT_EQ(Digest({Weight(2, 3)}, half), Digest({Point("train/loss", 1), Weight(2, 3)}));
}

TEST(ResultDigestTest, TheLastBitCounts) {
  const double next = std::nextafter(1.0, 2.0);
  EXPECT_NE(Digest({Weight(1, 0)}), Digest({Weight(next, 0)}));
  EXPECT_NE(Digest({Weight(1, 1)}), Digest({Weight(1, next)}));
  EXPECT_NE(Digest({Weight(0, 0)}), Digest({Weight(-0.0, 0)}));
  EXPECT_EQ(Digest({Weight(1, kNan)}), Digest({Weight(1, -kNan)}));
}

}  // namespace
}  // namespace adares
