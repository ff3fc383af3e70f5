// The fixture behind the tests of server/store.
#include "tests/server/store_fixture.h"

#include <cmath>
#include <cstdlib>
#include <system_error>

#include "core/sha256.h"

namespace adares {
namespace {

constexpr int64_t kEpochMicros = 1'767'323'045'000'006;

constexpr Granularity kGranularities[] = {Granularity::kNone, Granularity::kUnified,
                                          Granularity::kStage, Granularity::kBlockType,
                                          Granularity::kBlock};

Variant MakeVariant(Granularity granularity) {
  Variant variant;
  variant.spec.model.skip.granularity = granularity;
  variant.axes = {{"granularity", std::string(Name(granularity))}};
  variant.label = "granularity=" + std::string(Name(granularity));
  variant.id = VariantId(variant.spec);
  return variant;
}

}  // namespace

TempFolder::TempFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "adares-store-XXXXXX").string();
  path_ = mkdtemp(name.data());
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Timestamp At(double seconds) {
  return FromMicros(kEpochMicros + static_cast<int64_t>(std::llround(seconds * 1e6)));
}

SweepPlan MakePlan(const SmallSweep& shape) {
  SweepPlan plan;
  plan.name = shape.name;
  plan.title = "Title of " + shape.name;
  plan.labels = {{"paper", "x"}, {"team", "\"quoted\""}};
  plan.priority = shape.priority;
  plan.seeds = shape.seeds;
  plan.baseline = {{"granularity", "none"}};
  Axis axis = {"granularity", "model.skip.granularity", {}};
  for (size_t v = 0; v < shape.variants; ++v) {
    plan.variants.push_back(MakeVariant(kGranularities[v]));
    plan.variants.back().baseline_id = plan.variants.front().id;
    axis.values.push_back(plan.variants.back().axes.front().second);
  }
  plan.axes = {axis};
  for (const int64_t seed : shape.seeds) {
    for (size_t v = 0; v < shape.variants; ++v) {
      plan.trials.push_back({TrialOf(plan, v, seed), v, seed});
    }
  }
  plan.digest = Sha256Hex(shape.name);
  return plan;
}

std::string TrialOf(const SweepPlan& plan, size_t variant, int64_t seed) {
  TrialSpec spec = plan.variants.at(variant).spec;
  spec.seed = seed;
  return TrialId(spec);
}

void StoreTest::SetUp() {
  auto store = Store::Open(path_, At(0));
  ASSERT_TRUE(store.ok()) << store.status().ToString();
  store_ = *std::move(store);
}

void StoreTest::Reopen() {
  store_.reset();
  SetUp();
}

std::unique_ptr<Reader> StoreTest::NewReader() const {
  auto reader = Reader::Open(path_);
  EXPECT_TRUE(reader.ok()) << reader.status().ToString();
  return reader.ok() ? *std::move(reader) : nullptr;
}

void StoreTest::Do(const std::function<absl::Status()>& change) {
  ADARES_ASSERT_OK(store_->Begin());
  ADARES_ASSERT_OK(change());
  ADARES_ASSERT_OK(store_->Commit());
}

void StoreTest::Insert(const SweepPlan& plan, Timestamp now) {
  Do([&] { return store_->InsertSweep(plan, "name: " + plan.name + "\n", now); });
}

LiveAttempt StoreTest::Claim(Timestamp now, const std::string& worker) {
  LiveAttempt attempt;
  Do([&]() -> absl::Status {
    auto claim = store_->ClaimNext(worker, worker + "-instance", now);
    if (!claim.ok()) return claim.status();
    if (!claim->has_value()) return absl::NotFoundError("nothing is queued");
    attempt = (*claim)->attempt;
    return absl::OkStatus();
  });
  return attempt;
}

void StoreTest::End(const LiveAttempt& attempt, EndReason reason, TrialState state, Timestamp now) {
  Do([&]() -> absl::Status {
    AttemptEnd end;
    end.reason = reason;
    const absl::Status status = store_->EndAttempt(attempt, end, now);
    if (!status.ok()) return status;
    return store_->SetTrialState(attempt.trial_row, state, "", now);
  });
}

WriteCounts StoreTest::Append(const LiveAttempt& attempt, const std::vector<MetricPoint>& points) {
  WriteCounts counts;
  Do([&] {
    auto written = store_->AppendPoints(attempt, points);
    if (written.ok()) counts = *written;
    return written.status();
  });
  return counts;
}

WriteCounts StoreTest::Append(const LiveAttempt& attempt,
                              const std::vector<SkipWeightPoint>& weights) {
  WriteCounts counts;
  Do([&] {
    auto written = store_->AppendSkipWeights(attempt, weights);
    if (written.ok()) counts = *written;
    return written.status();
  });
  return counts;
}

}  // namespace adares
