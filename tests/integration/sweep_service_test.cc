// SweepService over a real channel: each call's answers and documented errors.
#include <gtest/gtest.h>

#include <set>

#include "rpc/names.h"
#include "tests/integration/server_fixture.h"

namespace adares {
namespace {

using fixtures::SmallSweep;
using fixtures::SweepFile;

class SweepServiceTest : public ServerTest {
 protected:
  absl::StatusOr<v1::ListSweepsResponse> List(int page_size, const std::string& token = "") {
    v1::ListSweepsRequest request;
    request.set_page_size(page_size);
    request.set_page_token(token);
    return Call<v1::SweepService>(channel_, &v1::SweepService::Stub::ListSweeps, request);
  }

  absl::StatusOr<v1::GetSweepResponse> GetNamed(const std::string& resource) {
    v1::GetSweepRequest request;
    request.set_name(resource);
    return Call<v1::SweepService>(channel_, &v1::SweepService::Stub::GetSweep, request);
  }
};

TEST_F(SweepServiceTest, CreatesASweepAndItsTrials) {
  const SmallSweep shape{.name = "first", .granularities = {"none", "stage"}, .seeds = {3, 4}};
  const auto created = Submit(SweepFile(shape));
  ADARES_ASSERT_OK(created);
  EXPECT_FALSE(created->already_existed());
  const v1::Sweep& sweep = created->sweep();
  EXPECT_EQ(sweep.name(), "sweeps/first");
  EXPECT_EQ(sweep.state(), v1::Sweep::STATE_RUNNING);
  EXPECT_EQ(sweep.variant_count(), 2);
  EXPECT_EQ(sweep.trial_counts().queued(), 4);
  EXPECT_EQ(sweep.spec_text(), SweepFile(shape));
  EXPECT_EQ(sweep.baseline().at("granularity"), "none");
  EXPECT_EQ(sweep.spec_digest().size(), 64U);
  EXPECT_EQ(Sweep("first").SerializeAsString(), sweep.SerializeAsString());
  ASSERT_EQ(sweep.pending_size(), 1) << "the answer says what `adares sweep show` would";
  EXPECT_EQ(sweep.pending(0).cause(), v1::PendingReason::CAUSE_NO_WORKER);
  EXPECT_EQ(sweep.pending(0).trials(), 4);

  const auto trials = Trials("first");
  ASSERT_EQ(trials.size(), 4U);
  EXPECT_EQ(trials[0].seed(), 3) << "one result for every variant comes before the second seed";
  EXPECT_EQ(trials[1].seed(), 3);
  EXPECT_EQ(trials[1].variant_label(), "granularity=stage");
  EXPECT_EQ(trials[2].seed(), 4);
}

TEST_F(SweepServiceTest, CreatingTheSameSweepAgainReturnsIt) {
  const SmallSweep shape{.name = "twice"};
  Create(shape);
  const auto again = Submit("# another layout of the same file\n" + SweepFile(shape));
  ADARES_ASSERT_OK(again);
  EXPECT_TRUE(again->already_existed());
  EXPECT_EQ(again->sweep().spec_text(), SweepFile(shape)) << "it is returned as it was";
  EXPECT_EQ(Trials("twice").size(), 2U);
}

TEST_F(SweepServiceTest, OtherContentUnderATakenNameIsRefused) {
  Create({.name = "taken", .seeds = {0}});
  const auto other = Submit(SweepFile({.name = "taken", .seeds = {0, 1}}));
  EXPECT_EQ(other.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Reason(other), "SWEEP_EXISTS");
  EXPECT_EQ(Trials("taken").size(), 2U);
}

TEST_F(SweepServiceTest, AWrongFileIsRefusedWithItsPlace) {
  v1::CreateSweepRequest request;
  request.set_spec_text(
      "apiVersion: adares/v1\nkind: Sweep\nname: wrong\nbase:\n  train: {epoch: 3}\n"
      "replicates: {seeds: [0]}\n");
  request.set_origin("wrong.yaml");
  const auto answer =
      Call<v1::SweepService>(channel_, &v1::SweepService::Stub::CreateSweep, request);
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Reason(answer), "SPEC_INVALID");
  const auto metadata = ErrorMetadata(answer.status());
  EXPECT_EQ(metadata.at("file"), "wrong.yaml");
  EXPECT_EQ(metadata.at("line"), "5");
  EXPECT_EQ(metadata.at("column"), "11");
  EXPECT_NE(std::string(answer.status().message()).find("wrong.yaml:5:11"), std::string::npos)
      << answer.status();
}

TEST_F(SweepServiceTest, AnEmptyFileIsRefused) {
  const auto answer = Submit("");
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Reason(answer), "SPEC_INVALID");
}

TEST_F(SweepServiceTest, OverridesChangeTheBase) {
  v1::CreateSweepRequest request;
  request.set_spec_text(SweepFile({.name = "changed"}));
  request.add_overrides()->set_path("train.epochs");
  request.mutable_overrides(0)->set_value("7");
  ADARES_ASSERT_OK(Call<v1::SweepService>(channel_, &v1::SweepService::Stub::CreateSweep, request));
  const std::string spec = Trial(Trials("changed").front().name()).spec_json();
  EXPECT_NE(spec.find("\"epochs\":7"), std::string::npos) << spec;

  request.mutable_overrides(0)->set_path("train.nonsense");
  const auto wrong =
      Call<v1::SweepService>(channel_, &v1::SweepService::Stub::CreateSweep, request);
  EXPECT_EQ(Reason(wrong), "SPEC_INVALID");
  EXPECT_EQ(ErrorMetadata(wrong.status()).count("override"), 1U);
}

TEST_F(SweepServiceTest, ValidatingCreatesNothing) {
  v1::CreateSweepRequest request;
  request.set_spec_text(SweepFile({.name = "dry"}));
  request.set_validate_only(true);
  const auto answer =
      Call<v1::SweepService>(channel_, &v1::SweepService::Stub::CreateSweep, request);
  ADARES_ASSERT_OK(answer);
  EXPECT_EQ(answer->sweep().name(), "sweeps/dry");
  EXPECT_EQ(answer->sweep().trial_counts().queued(), 2);
  EXPECT_EQ(Reason(GetNamed("sweeps/dry")), "SWEEP_NOT_FOUND");
}

TEST_F(SweepServiceTest, ValidatingSaysWhatTheCallWouldAnswer) {
  Create({.name = "dry"});
  v1::CreateSweepRequest request;
  request.set_spec_text(SweepFile({.name = "dry"}));
  request.set_validate_only(true);
  const auto same = Call<v1::SweepService>(channel_, &v1::SweepService::Stub::CreateSweep, request);
  ADARES_ASSERT_OK(same);
  EXPECT_TRUE(same->already_existed());
  request.set_spec_text(SweepFile({.name = "dry", .seeds = {5}}));
  const auto other =
      Call<v1::SweepService>(channel_, &v1::SweepService::Stub::CreateSweep, request);
  EXPECT_EQ(Reason(other), "SWEEP_EXISTS");
}

TEST_F(SweepServiceTest, AnUnknownSweepIsNotFoundAndTheNearestIsNamed) {
  Create({.name = "granularity"});
  const auto answer = GetNamed("sweeps/granularty");
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Reason(answer), "SWEEP_NOT_FOUND");
  EXPECT_EQ(ErrorMetadata(answer.status()).at("nearest"), "granularity");
}

TEST_F(SweepServiceTest, MalformedNamesAreRefused) {
  for (const char* name : {"", "granularity", "sweeps/", "sweeps/No", "sweeps/a/trials/b"}) {
    const auto answer = GetNamed(name);
    EXPECT_EQ(answer.status().code(), absl::StatusCode::kInvalidArgument) << name;
    EXPECT_EQ(Reason(answer), "ARGUMENT_INVALID") << name;
    EXPECT_EQ(Reason(Cancel(name)), "ARGUMENT_INVALID") << name;
  }
}

TEST_F(SweepServiceTest, ListsNewestFirstInPages) {
  for (const char* name : {"one", "two", "three", "four", "five"}) Create({.name = name});
  std::vector<std::string> names;
  std::string token;
  int pages = 0;
  do {
    const auto page = List(2, token);
    ADARES_ASSERT_OK(page);
    EXPECT_LE(page->sweeps_size(), 2);
    for (const v1::Sweep& sweep : page->sweeps()) {
      names.push_back(sweep.name());
      EXPECT_EQ(sweep.spec_text(), "") << "lists do not carry the files";
    }
    token = page->next_page_token();
    ++pages;
  } while (!token.empty());
  EXPECT_EQ(pages, 3);
  EXPECT_EQ(names, (std::vector<std::string>{"sweeps/five", "sweeps/four", "sweeps/three",
                                             "sweeps/two", "sweeps/one"}));
}

TEST_F(SweepServiceTest, WrongPagesAreRefused) {
  Create({.name = "a"});
  Create({.name = "b"});
  for (const std::string token : {"nonsense", "!", "MQ"}) {
    EXPECT_EQ(Reason(List(1, token)), "PAGE_TOKEN_INVALID") << token;
  }
  const auto negative = List(-1);
  EXPECT_EQ(negative.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Reason(negative), "ARGUMENT_INVALID");
  ADARES_ASSERT_OK(List(1'000'000));
}

TEST_F(SweepServiceTest, CancellingEndsWhatWaits) {
  Create({.name = "unwanted"});
  const auto cancelled = Cancel("sweeps/unwanted");
  ADARES_ASSERT_OK(cancelled);
  EXPECT_EQ(cancelled->sweep().state(), v1::Sweep::STATE_CANCELLED);
  EXPECT_EQ(cancelled->sweep().trial_counts().cancelled(), 2);
  EXPECT_TRUE(cancelled->sweep().has_finish_time());

  const auto again = Cancel("sweeps/unwanted");
  ADARES_ASSERT_OK(again);
  EXPECT_EQ(again->sweep().SerializeAsString(), cancelled->sweep().SerializeAsString());
}

TEST_F(SweepServiceTest, CancellingAnUnknownSweepIsNotFound) {
  const auto answer = Cancel("sweeps/nothing");
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(Reason(answer), "SWEEP_NOT_FOUND");
}

}  // namespace
}  // namespace adares
