// Reader: lookups, pages, changes and counts.
#include "server/store/reader.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>

#include <filesystem>

#include "absl/strings/escaping.h"
#include "core/status.h"
#include "tests/server/store_fixture.h"

namespace adares {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

using ReaderTest = StoreTest;

constexpr int kAll = 1000;  // more changes than any test makes

std::vector<std::string> Ids(const std::vector<TrialRecord>& trials) {
  std::vector<std::string> ids;
  for (const TrialRecord& trial : trials) ids.push_back(trial.id);
  return ids;
}

TEST_F(ReaderTest, AMissingFileIsNamed) {
  const auto reader = Reader::Open("/no/such/file.db");
  EXPECT_FALSE(reader.ok());
  EXPECT_THAT(reader.status().ToString(), HasSubstr("/no/such/file.db"));
}

TEST_F(ReaderTest, AnUnknownSweepNamesTheNearest) {
  Insert(MakePlan({.name = "granularity"}));
  Insert(MakePlan({.name = "depth"}));
  const auto near = NewReader()->GetSweep("granularty");
  EXPECT_EQ(near.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ErrorReason(near.status()), reason::kSweepNotFound);
  EXPECT_EQ(ErrorMetadata(near.status()).at("nearest"), "granularity");
  const auto far = NewReader()->GetSweep("zzzzzzzz");
  EXPECT_FALSE(ErrorMetadata(far.status()).contains("nearest"));
}

TEST_F(ReaderTest, SweepsComeNewestFirstInPages) {
  for (const char* name : {"a", "b", "c", "d", "e"}) Insert(MakePlan({.name = name}));
  const auto reader = NewReader();
  std::vector<std::string> names;
  Page page = {.size = 2, .token = ""};
  for (int pages = 1;; ++pages) {
    const auto list = reader->ListSweeps(page);
    ASSERT_TRUE(list.ok()) << list.status();
    for (const SweepRecord& sweep : list->items) {
      names.push_back(sweep.name);
      EXPECT_EQ(sweep.spec_text, "");
    }
    page.token = list->next_token;
    if (page.token.empty()) {
      EXPECT_EQ(pages, 3);
      break;
    }
    if (pages == 1) Insert(MakePlan({.name = "new"}));  // does not disturb the pages to come
  }
  EXPECT_THAT(names, ElementsAre("e", "d", "c", "b", "a"));
}

TEST_F(ReaderTest, AFullLastPageHasNoToken) {
  for (const char* name : {"a", "b"}) Insert(MakePlan({.name = name}));
  EXPECT_EQ(NewReader()->ListSweeps({.size = 2, .token = ""})->next_token, "");
}

TEST_F(ReaderTest, PageSizesHaveBounds) {
  for (const int size : {0, -1, 1001}) {
    const auto list = NewReader()->ListSweeps({.size = size, .token = ""});
    EXPECT_EQ(ErrorReason(list.status()), reason::kArgumentInvalid) << size;
  }
}

// Lists whose records are too large for one message.
class LargeRecordTest : public StoreTest {
 protected:
  void Write(const std::string& sql) const {
    SQLite::Database database(path_, SQLite::OPEN_READWRITE, 10'000);
    database.exec("PRAGMA ignore_check_constraints = ON; " + sql);
  }

  // How many items each page of a list has.
  template <typename List>
  static std::vector<size_t> PagesOf(List list) {
    std::vector<size_t> sizes;
    std::string token;
    do {
      const auto page = list(token);
      EXPECT_TRUE(page.ok()) << page.status();
      if (!page.ok()) return {};
      sizes.push_back(page->items.size());
      token = page->next_token;
    } while (!token.empty());
    return sizes;
  }
};

TEST_F(LargeRecordTest, PagesOfSweepsEndEarly) {
  for (const char* name : {"a", "b", "c", "d", "e"}) Insert(MakePlan({.name = name}));
  Write("UPDATE sweep SET title = printf('%.*c', 3000000, 'x')");
  const auto reader = NewReader();
  EXPECT_THAT(PagesOf([&](const std::string& token) {
                return reader->ListSweeps({.size = 100, .token = token});
              }),
              ElementsAre(2, 2, 1));
}

TEST_F(LargeRecordTest, PagesOfWorkersEndEarly) {
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    WorkerRecord worker;
    worker.name = name;
    worker.instance = "i";
    worker.slots = 1;
    Do([&] { return store_->UpsertWorker(worker).status(); });
  }
  Write("UPDATE worker SET hostname = printf('%.*c', 3000000, 'x')");
  const auto reader = NewReader();
  EXPECT_THAT(PagesOf([&](const std::string& token) {
                return reader->ListWorkers({.size = 100, .token = token});
              }),
              ElementsAre(2, 2, 1));
}

TEST_F(LargeRecordTest, AComparisonComesInPages) {
  const SweepPlan plan = MakePlan({.variants = 5, .seeds = {0}});
  Insert(plan);
  Write("UPDATE variant SET label = printf('%.*c', 3000000, 'x')");
  const auto reader = NewReader();
  std::vector<std::string> variants;
  std::string token;
  do {
    const auto page = reader->Compare("sweep-a", "", {}, token);
    ASSERT_TRUE(page.ok()) << page.status();
    EXPECT_LE(page->variants.size(), 2U);
    for (const VariantResult& result : page->variants) variants.push_back(result.variant);
    token = page->next_token;
  } while (!token.empty());
  ASSERT_EQ(variants.size(), 5U);
  for (size_t i = 0; i < 5; ++i) EXPECT_EQ(variants[i], plan.variants[i].id);
  EXPECT_EQ(ErrorReason(reader->Compare("sweep-a", "", {}, "nonsense").status()),
            reason::kPageTokenInvalid);
}

TEST_F(LargeRecordTest, OfManyAttemptsTheNewestHaveTheirTexts) {
  const SweepPlan plan = MakePlan({.variants = 1, .seeds = {0}});
  Insert(plan);
  Write(
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40) "
      "INSERT INTO attempt (trial_id, number, worker, instance, started_at, ended_at, end_reason,"
      " provenance) SELECT 1, i, 'w', 'i', 1, 2, 'preempted',"
      " json_object('commit', printf('%.*c', 1000000, 'x')) FROM n");
  const auto trial = NewReader()->GetTrial("sweep-a", TrialOf(plan, 0, 0));
  ASSERT_TRUE(trial.ok()) << trial.status();
  ASSERT_EQ(trial->attempts.size(), 40U);
  EXPECT_EQ(trial->attempts.front().worker, "w");
  EXPECT_THAT(trial->attempts.front().provenance, IsEmpty());
  EXPECT_EQ(trial->attempts.back().provenance.size(), 1U);
}

TEST_F(ReaderTest, TrialsComeInQueueOrderInPages) {
  const SweepPlan plan = MakePlan({.variants = 2, .seeds = {5, 3}});
  Insert(plan);
  const auto reader = NewReader();
  const auto first = reader->ListTrials("sweep-a", {}, {.size = 3, .token = ""});
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_THAT(Ids(first->items),
              ElementsAre(TrialOf(plan, 0, 5), TrialOf(plan, 1, 5), TrialOf(plan, 0, 3)));
  const auto second = reader->ListTrials("sweep-a", {}, {.size = 3, .token = first->next_token});
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_THAT(Ids(second->items), ElementsAre(TrialOf(plan, 1, 3)));
  EXPECT_EQ(second->next_token, "");
}

TEST_F(ReaderTest, TrialsAreFilteredByState) {
  const SweepPlan plan = MakePlan({});
  Insert(plan);
  End(Claim(), EndReason::kFinished, TrialState::kSucceeded);
  Claim();
  const auto reader = NewReader();
  const auto list = [&](const std::vector<TrialState>& states) {
    return Ids(reader->ListTrials("sweep-a", states, {.size = 10, .token = ""})->items);
  };
  EXPECT_THAT(list({TrialState::kSucceeded}), ElementsAre(TrialOf(plan, 0, 0)));
  EXPECT_THAT(list({TrialState::kRunning, TrialState::kSucceeded}),
              ElementsAre(TrialOf(plan, 0, 0), TrialOf(plan, 1, 0)));
  EXPECT_THAT(list({TrialState::kFailed}), IsEmpty());
  EXPECT_EQ(list({}).size(), 4u);
}

TEST_F(ReaderTest, ATrialInAListIsWithoutAttemptsAndSpec) {
  const SweepPlan plan = MakePlan({});
  Insert(plan, At(1));
  const LiveAttempt attempt = Claim(At(2));
  Append(attempt, std::vector<MetricPoint>{{"train/loss", 10, 1, 0.5}});
  const auto list = NewReader()->ListTrials("sweep-a", {}, {.size = 1, .token = ""});
  ASSERT_TRUE(list.ok()) << list.status();
  const TrialRecord& trial = list->items.front();
  EXPECT_EQ(trial.sweep, "sweep-a");
  EXPECT_EQ(trial.state, TrialState::kRunning);
  EXPECT_EQ(trial.variant, plan.variants[0].id);
  EXPECT_EQ(trial.variant_label, "granularity=none");
  EXPECT_THAT(trial.axes, ElementsAre(Pair("granularity", "none")));
  EXPECT_EQ(trial.seed, 0);
  EXPECT_EQ(trial.spec_json, "");
  EXPECT_THAT(trial.attempts, IsEmpty());
  EXPECT_EQ(trial.attempt_count, 1);
  EXPECT_THAT(trial.last_metrics, ElementsAre(Pair("train/loss", 0.5)));
  EXPECT_EQ(trial.worker, "w1");
  EXPECT_EQ(trial.created_at, At(1));
  EXPECT_EQ(trial.started_at, At(2));
  EXPECT_EQ(trial.finished_at, std::nullopt);
}

TEST_F(ReaderTest, TokensBelongToTheirList) {
  Insert(MakePlan({.name = "a"}));
  Insert(MakePlan({.name = "b"}));
  const auto reader = NewReader();
  const std::string token = reader->ListTrials("a", {}, {.size = 1, .token = ""})->next_token;
  ASSERT_NE(token, "");
  const std::string sweeps = reader->ListSweeps({.size = 1, .token = ""})->next_token;
  ASSERT_NE(sweeps, "");
  const auto expect_invalid = [](const absl::Status& status) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(ErrorReason(status), reason::kPageTokenInvalid);
  };
  expect_invalid(reader->ListTrials("b", {}, {.size = 1, .token = token}).status());
  expect_invalid(reader->ListSweeps({.size = 1, .token = token}).status());
  expect_invalid(reader->ListWorkers({.size = 1, .token = sweeps}).status());
  std::string decoded;
  ASSERT_TRUE(absl::WebSafeBase64Unescape(sweeps, &decoded));
  for (const std::string& garbage :
       {std::string("x"), std::string("%%%"), token + "A", token.substr(1),
        absl::WebSafeBase64Escape("2" + decoded.substr(1)),
        absl::WebSafeBase64Escape("1\nsweeps\nabc"), absl::WebSafeBase64Escape("1\nsweeps")}) {
    expect_invalid(reader->ListSweeps({.size = 1, .token = garbage}).status());
  }
}

TEST_F(ReaderTest, ADashStandsForAnySweepWhereTheIdIsUnique) {
  const SweepPlan a = MakePlan({.name = "a", .variants = 2, .seeds = {0}});
  const SweepPlan b = MakePlan({.name = "b", .variants = 3, .seeds = {0}});
  Insert(a);
  Insert(b);
  const auto reader = NewReader();
  const auto unique = reader->GetTrial("-", TrialOf(b, 2, 0));
  ASSERT_TRUE(unique.ok()) << unique.status();
  EXPECT_EQ(unique->sweep, "b");
  const absl::Status ambiguous = reader->GetTrial("-", TrialOf(b, 0, 0)).status();
  EXPECT_EQ(ambiguous.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ErrorMetadata(ambiguous).at("sweeps"), "b, a");
  EXPECT_EQ(reader->GetTrial("a", TrialOf(b, 0, 0))->sweep, "a");
  for (const char* sweep : {"-", "a", "none-such"}) {
    const absl::Status missing = reader->GetTrial(sweep, "0123456789ab").status();
    EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound);
    EXPECT_EQ(ErrorReason(missing), reason::kTrialNotFound);
  }
}

TEST_F(ReaderTest, ATrialWithoutAttemptsHasNoLog) {
  const SweepPlan plan = MakePlan({});
  Insert(plan);
  const auto log = NewReader()->ReadLog("sweep-a", TrialOf(plan, 0, 0), 0, 1, 10);
  EXPECT_EQ(log.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(log.status().ToString(), HasSubstr("has no attempt yet"));
}

TEST_F(ReaderTest, ChangesCarryOnlyWhatChanged) {
  const SweepPlan plan = MakePlan({});
  Insert(plan);
  Insert(MakePlan({.name = "other"}));
  const auto reader = NewReader();
  const auto all = reader->ChangesSince("sweep-a", {0}, kAll);
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(all->trials.size(), 4u);
  EXPECT_EQ(all->sweep.spec_text, "");

  const LiveAttempt attempt = Claim();
  const auto claimed = reader->ChangesSince("sweep-a", {all->revision}, kAll);
  ASSERT_TRUE(claimed.ok()) << claimed.status();
  EXPECT_THAT(Ids(claimed->trials), ElementsAre(attempt.id.trial));
  EXPECT_EQ(claimed->revision, store_->revision());
  EXPECT_EQ(claimed->trials[0].revision, claimed->revision);
  EXPECT_EQ(claimed->sweep.counts.running, 1);
  EXPECT_THAT(reader->ChangesSince("sweep-a", {claimed->revision}, kAll)->trials, IsEmpty());
  EXPECT_THAT(reader->ChangesSince("other", {all->revision + 1}, kAll)->trials, IsEmpty());

  int64_t seen = claimed->revision;
  const std::vector<std::function<void()>> changes = {
      [&] {
        Append(attempt, std::vector<MetricPoint>{{"a", 1, 0, 1}});
      },
      [&] {
        Append(attempt, std::vector<SkipWeightPoint>{{"layer1.0", 1, 0, 1, 0}});
      },
      [&] {
        Append(attempt, Flag{FlagKind::kClosed, "layer1.0", 1, 0, true, "x"});
      },
      [&] {
        Append(attempt, std::vector<LogLine>{{1, "x", At(1)}});
      },
      [&] { Do([&] { return store_->SetProgress(attempt, {}); }); },
      [&] { Do([&] { return store_->SetAttemptStart(attempt, {}); }); },
      [&] { End(attempt, EndReason::kFinished, TrialState::kSucceeded); },
  };
  for (const auto& change : changes) {
    change();
    const auto changed = reader->ChangesSince("sweep-a", {seen}, kAll);
    EXPECT_THAT(Ids(changed->trials), ElementsAre(attempt.id.trial));
    EXPECT_GT(changed->revision, seen);
    seen = changed->revision;
  }
}

TEST_F(ReaderTest, ChangesComeInPartsWithoutLossWhileTrialsChange) {
  Insert(MakePlan({.variants = 3, .seeds = {0, 1}}));
  const auto reader = NewReader();
  auto part = reader->ChangesSince("sweep-a", {0}, 4);
  ASSERT_TRUE(part.ok()) << part.status();
  const std::vector<std::string> first = Ids(part->trials);
  EXPECT_EQ(first.size(), 4u);
  EXPECT_TRUE(part->more);
  EXPECT_LT(part->revision, part->trials.back().revision)
      << "a watcher that comes again from here must be told the rest";

  const LiveAttempt claimed = Claim();  // one of those that were told already
  ASSERT_EQ(claimed.id.trial, first[0]);
  part = reader->ChangesSince("sweep-a", part->next, 4);
  ASSERT_TRUE(part.ok()) << part.status();
  EXPECT_EQ(part->trials.size(), 3u);
  EXPECT_EQ(part->trials.back().id, claimed.id.trial) << "its change is told";
  EXPECT_FALSE(part->more);
  EXPECT_EQ(part->revision, store_->revision());
  EXPECT_THAT(reader->ChangesSince("sweep-a", part->next, 4)->trials, IsEmpty());
}

TEST_F(ReaderTest, ALostStreamOfPartsGoesOnWithWhatWasNotTold) {
  Insert(MakePlan({.variants = 3, .seeds = {0, 1}}));
  const auto reader = NewReader();
  const auto part = reader->ChangesSince("sweep-a", {0}, 4);
  ASSERT_TRUE(part.ok()) << part.status();
  const auto again = reader->ChangesSince("sweep-a", {part->revision}, kAll);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->trials.size(), 6u) << "all are of one revision";

  std::vector<std::string> claimed;
  for (int i = 0; i < 4; ++i) claimed.push_back(Claim().id.trial);  // each a revision of its own
  const auto front = reader->ChangesSince("sweep-a", {0}, 4);       // two that wait, two of these
  ASSERT_TRUE(front.ok()) << front.status();
  EXPECT_TRUE(front->more);
  EXPECT_THAT(Ids(reader->ChangesSince("sweep-a", {front->revision}, kAll)->trials),
              ElementsAre(claimed[1], claimed[2], claimed[3]));
}

TEST_F(ReaderTest, ACursorOfAFileThatThisOneReplacedBeginsAnew) {
  Insert(MakePlan({.seeds = {0, 1, 2}}));
  const std::string copy = folder_ / "copy.db";
  store_.reset();  // closing it puts all into the one file
  std::filesystem::copy_file(path_, copy);
  Open(At(1));
  const int64_t own = NewReader()->ChangesSince("sweep-a", {0}, kAll)->revision;
  Claim();
  const int64_t lost = NewReader()->ChangesSince("sweep-a", {0}, kAll)->revision;
  ASSERT_GT(lost, own);

  store_.reset();
  std::filesystem::copy_file(copy, path_, std::filesystem::copy_options::overwrite_existing);
  Open(At(2));
  Claim();
  const auto reader = NewReader();
  ASSERT_GT(store_->revision(), lost) << "by the number alone the cursor could be this file's";
  EXPECT_EQ(reader->ChangesSince("sweep-a", {lost}, kAll)->trials.size(), 6u);
  EXPECT_EQ(reader->ChangesSince("sweep-a", {own}, kAll)->trials.size(), 1u);
}

TEST_F(ReaderTest, ACancelledSweepIsAChange) {
  Insert(MakePlan({}));
  const int64_t before = NewReader()->ChangesSince("sweep-a", {0}, kAll)->revision;
  Do([&] { return store_->MarkSweepCancelled(RowOf("sweep-a"), At(1)); });
  EXPECT_GT(NewReader()->ChangesSince("sweep-a", {before}, kAll)->revision, before);
}

TEST_F(ReaderTest, CountsAreOverAllSweeps) {
  const auto none = NewReader()->Counts();
  ASSERT_TRUE(none.ok()) << none.status();
  EXPECT_EQ(none->oldest_queued, std::nullopt);
  Insert(MakePlan({.name = "a", .variants = 1, .seeds = {0}}), At(10));
  Insert(MakePlan({.name = "b"}), At(20));
  End(Claim(), EndReason::kFinished, TrialState::kSucceeded);
  Claim();
  const auto counts = NewReader()->Counts();
  ASSERT_TRUE(counts.ok()) << counts.status();
  EXPECT_EQ(counts->trials, (TrialCounts{.queued = 3, .running = 1, .succeeded = 1}));
  EXPECT_THAT(counts->sweeps,
              ElementsAre(Pair(SweepState::kRunning, 1), Pair(SweepState::kSucceeded, 1)));
  EXPECT_EQ(counts->oldest_queued, At(20));
}

}  // namespace
}  // namespace adares
