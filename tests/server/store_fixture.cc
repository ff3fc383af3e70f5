// The fixture behind the tests of server/store.
#include "tests/server/store_fixture.h"

#include "core/status.h"

namespace adares {

AttemptEnd EndWith(EndReason reason) {
  AttemptEnd end;
  end.reason = reason;
  return end;
}

void StoreTest::SetUp() { Open(); }

void StoreTest::Open(Timestamp now) {
  auto store = Store::Open(path_, now);
  ASSERT_TRUE(store.ok()) << store.status().ToString();
  store_ = *std::move(store);
}

void StoreTest::Reopen() {
  store_.reset();
  Open();
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
  Do([&] { return store_->InsertSweep(plan, "name: " + plan.name + "\n", now).status(); });
}

int64_t StoreTest::RowOf(const std::string& sweep) const {
  const auto found = store_->FindSweep(sweep);
  EXPECT_TRUE(found.ok() && found->has_value()) << sweep;
  return found.ok() && found->has_value() ? (*found)->row : 0;
}

TrialStage StoreTest::StageOf(TrialState state) {
  if (state == TrialState::kStopping) return {state, StopAim::kCancel};
  return {state};
}

absl::Status StoreTest::SetState(int64_t trial_row, TrialState state, Timestamp now,
                                 const std::string& message) {
  TrialUpdate update{StageOf(state)};
  update.message = message;
  return store_->UpdateTrial(trial_row, update, now);
}

absl::StatusOr<std::optional<adares::Claim>> StoreTest::TryToClaim(const std::string& worker,
                                                                   Timestamp now) {
  ADARES_ASSIGN_OR_RETURN(const std::vector<ReadyGroup> groups, store_->ReadyGroups());
  if (groups.empty()) return std::nullopt;
  return store_->ClaimNext(groups.front().group, worker, worker + "-instance", now);
}

LiveAttempt StoreTest::Claim(Timestamp now, const std::string& worker) {
  LiveAttempt attempt;
  Do([&]() -> absl::Status {
    auto claim = TryToClaim(worker, now);
    if (!claim.ok()) return claim.status();
    if (!claim->has_value()) return absl::NotFoundError("nothing is queued");
    attempt = (*claim)->attempt;
    return absl::OkStatus();
  });
  return attempt;
}

void StoreTest::End(const LiveAttempt& attempt, EndReason reason, TrialState state, Timestamp now) {
  Do([&]() -> absl::Status {
    ADARES_RETURN_IF_ERROR(store_->EndAttempt(attempt, EndWith(reason), now));
    return SetState(attempt.trial_row, state, now);
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

WriteCounts StoreTest::Append(const LiveAttempt& attempt, const std::vector<LogLine>& lines) {
  WriteCounts counts;
  Do([&] {
    auto written = store_->AppendLog(attempt, lines);
    if (written.ok()) counts = *written;
    return written.status();
  });
  return counts;
}

WriteCounts StoreTest::Append(const LiveAttempt& attempt, const Flag& flag) {
  WriteCounts counts;
  Do([&] {
    auto written = store_->AppendFlag(attempt, flag);
    if (written.ok()) counts = *written;
    return written.status();
  });
  return counts;
}

}  // namespace adares
