// The state machine: every pair of state and event, held against the table of docs/states.md.
#include "core/trial_state.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <ostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "core/status.h"
#include "tests/core/source_tree.h"

namespace adares {
namespace {

using Edges = std::map<std::pair<std::string, TrialEvent>, std::string>;

// The stage of that name, where there is one.
std::optional<TrialStage> ParseStage(const std::string& name) {
  for (const TrialStage& stage : AllTrialStages()) {
    if (Name(stage) == name) return stage;
  }
  return std::nullopt;
}

// The words in backticks of one line.
std::vector<std::string> CodeWords(const std::string& line) {
  std::vector<std::string> words;
  std::istringstream parts(line);
  std::string text;
  for (bool is_code = false; std::getline(parts, text, '`'); is_code = !is_code) {
    if (is_code) words.push_back(text);
  }
  return words;
}

// Rows `| state | event | state | ...` between the page's markers.
Edges DocumentedEdges() {
  const std::string page = ReadSourceFile("docs/states.md");
  std::istringstream lines(page.substr(page.find("## Trials")));
  Edges edges;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("## ") && line != "## Trials") break;
    const std::vector<std::string> words = CodeWords(line);
    if (!line.starts_with("| `") || words.size() < 3) continue;
    const auto event = ParseTrialEvent(words[1]);
    if (!ParseStage(words[0]) || !event || !ParseStage(words[2])) {
      throw std::runtime_error("not a transition: " + line);
    }
    edges[{words[0], *event}] = words[2];
  }
  return edges;
}

TEST(TrialStateTest, TransitionsAreThoseOfThePage) {
  const Edges edges = DocumentedEdges();
  size_t found = 0;
  for (const TrialStage& from : AllTrialStages()) {
    for (const TrialEvent event : AllTrialEvents()) {
      SCOPED_TRACE(Name(from) + " + " + std::string(Name(event)));
      const absl::StatusOr<TrialStage> to = Transition(from, event);
      const auto edge = edges.find({Name(from), event});
      if (edge != edges.end()) {
        ASSERT_TRUE(to.ok()) << to.status();
        EXPECT_EQ(Name(*to), edge->second);
        ++found;
      } else {
        EXPECT_EQ(to.status().code(), absl::StatusCode::kFailedPrecondition);
        EXPECT_EQ(ErrorReason(to.status()), "STATE_CONFLICT");
      }
    }
  }
  EXPECT_EQ(found, edges.size());
  EXPECT_EQ(found, 37U);
}

std::string RefusalOf(const TrialStage& stage, TrialEvent event) {
  return std::string(Transition(stage, event).status().message());
}

TEST(TrialStateTest, ARefusalSaysWhereTheTrialStandsAndWhatCouldBeAskedOfOthers) {
  EXPECT_EQ(RefusalOf({TrialState::kSucceeded}, TrialEvent::kPause),
            "the trial has ended as succeeded; only trials that wait or run can be paused");
  EXPECT_EQ(
      RefusalOf({TrialState::kFailed}, TrialEvent::kResume),
      "the trial has ended as failed; only trials that are paused, wait or run can be resumed");
  EXPECT_EQ(
      RefusalOf({TrialState::kStoppedEarly}, TrialEvent::kCancel),
      "the trial has ended as stopped-early; only trials that have not ended can be cancelled");
  EXPECT_EQ(RefusalOf({TrialState::kRunning}, TrialEvent::kRetry),
            "the trial is running; only trials that failed, were cancelled or stopped early can be "
            "retried");
  EXPECT_EQ(RefusalOf({TrialState::kStopping, StopAim::kCancel}, TrialEvent::kPause),
            "the trial is about to be cancelled; only trials that wait or run can be paused");
  EXPECT_EQ(RefusalOf({TrialState::kQueued}, TrialEvent::kFinish),
            "the trial is queued and does not take the event finish");
  const auto metadata =
      ErrorMetadata(Transition({TrialState::kSucceeded}, TrialEvent::kPause).status());
  EXPECT_EQ(metadata.at("state"), "succeeded");
  EXPECT_EQ(metadata.at("event"), "pause");
}

// Names of stages in the diagram have underscores.
std::string DiagramName(std::string name) {
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

TEST(TrialStateTest, DiagramShowsTheSameTransitions) {
  const std::string page = ReadSourceFile("docs/states.md");
  size_t shown = 0;
  for (const auto& [key, to] : DocumentedEdges()) {
    if (key.first == to) continue;  // what is so already
    const std::string arrow = "    " + DiagramName(key.first) + " --> " + DiagramName(to) + ": " +
                              std::string(Name(key.second)) + "\n";
    EXPECT_NE(page.find(arrow), std::string::npos) << arrow;
    ++shown;
  }
  size_t arrows = 0;
  for (size_t at = 0; (at = page.find(" --> ", at)) != std::string::npos; ++at) ++arrows;
  EXPECT_EQ(arrows, shown + 5) << "and one from the beginning and four to the end";
}

TEST(TrialStateTest, OnlyAPersonsRetryLeavesAFinalState) {
  for (const TrialStage& stage : AllTrialStages()) {
    for (const TrialEvent event : AllTrialEvents()) {
      const auto next = Transition(stage, event);
      if (!next.ok() || *next == stage || !IsFinal(stage.state)) continue;
      EXPECT_EQ(event, TrialEvent::kRetry) << Name(stage);
    }
  }
}

TEST(TrialStateTest, AnAimIsSetExactlyWhereATrialIsStopping) {
  for (const TrialStage& stage : AllTrialStages()) {
    EXPECT_EQ(stage.aim.has_value(), stage.state == TrialState::kStopping);
    for (const TrialEvent event : AllTrialEvents()) {
      const auto next = Transition(stage, event);
      if (!next.ok()) continue;
      EXPECT_EQ(next->aim.has_value(), next->state == TrialState::kStopping) << Name(stage);
    }
  }
}

TEST(TrialStateTest, ARunningTrialsAttemptEndsItOrQueuesItAgain) {
  const TrialStage running{TrialState::kRunning};
  for (const EndReason reason : AllEndReasons()) {
    const bool finished = reason == EndReason::kFinished;
    EXPECT_EQ(AfterAttempt(running, reason, true),
              finished ? TrialEvent::kFinish : TrialEvent::kRequeue);
    EXPECT_EQ(AfterAttempt(running, reason, false),
              finished ? TrialEvent::kFinish : TrialEvent::kFail);
  }
}

TEST(TrialStateTest, AStoppingTrialBecomesWhatItStopsForUnlessItsAttemptFinished) {
  const std::pair<StopAim, TrialState> cases[] = {{StopAim::kCancel, TrialState::kCancelled},
                                                  {StopAim::kPause, TrialState::kPaused},
                                                  {StopAim::kRequeue, TrialState::kQueued},
                                                  {StopAim::kStopEarly, TrialState::kStoppedEarly}};
  for (const auto& [aim, state] : cases) {
    const TrialStage stage{TrialState::kStopping, aim};
    for (const EndReason reason : AllEndReasons()) {
      const auto next = Transition(stage, AfterAttempt(stage, reason, /*may_retry=*/true));
      ASSERT_TRUE(next.ok()) << next.status();
      EXPECT_EQ(next->state, reason == EndReason::kFinished ? TrialState::kSucceeded : state);
    }
  }
}

TEST(TrialStateTest, APausingTrialWhoseTriesAreUsedUpFails) {
  const TrialStage pausing{TrialState::kStopping, StopAim::kPause};
  EXPECT_EQ(AfterAttempt(pausing, EndReason::kError, false), TrialEvent::kFail);
  EXPECT_EQ(AfterAttempt(pausing, EndReason::kPreempted, false), TrialEvent::kStopped);
  const TrialStage cancelling{TrialState::kStopping, StopAim::kCancel};
  EXPECT_EQ(AfterAttempt(cancelling, EndReason::kError, false), TrialEvent::kStopped);
}

TEST(TrialStateTest, EveryEndOfAnAttemptIsAnEventThatItsTrialTakes) {
  for (const TrialStage& stage : AllTrialStages()) {
    if (!IsLive(stage.state)) continue;
    for (const EndReason reason : AllEndReasons()) {
      for (const bool may_retry : {false, true}) {
        EXPECT_TRUE(Transition(stage, AfterAttempt(stage, reason, may_retry)).ok())
            << Name(stage) << " " << Name(reason) << " " << may_retry;
      }
    }
  }
}

TEST(TrialStateTest, NamesReadBack) {
  for (const TrialState state : AllTrialStates()) EXPECT_EQ(ParseTrialState(Name(state)), state);
  for (const StopAim aim : AllStopAims()) EXPECT_EQ(ParseStopAim(Name(aim)), aim);
  for (const TrialEvent event : AllTrialEvents()) EXPECT_EQ(ParseTrialEvent(Name(event)), event);
  for (const EndReason reason : AllEndReasons()) EXPECT_EQ(ParseEndReason(Name(reason)), reason);
  for (const SweepState state :
       {SweepState::kRunning, SweepState::kPaused, SweepState::kCancelling, SweepState::kSucceeded,
        SweepState::kFailed, SweepState::kCancelled}) {
    EXPECT_EQ(ParseSweepState(Name(state)), state);
  }
  EXPECT_EQ(Name(EndReason::kOutOfMemory), "out-of-memory");
  EXPECT_EQ(Name(EndReason::kWorkerLost), "worker-lost");
  EXPECT_EQ(Name(TrialStage{TrialState::kStopping, StopAim::kStopEarly}), "stopping-stop-early");
  EXPECT_EQ(ParseTrialState("Queued"), std::nullopt);
  EXPECT_EQ(ParseEndReason(""), std::nullopt);
}

struct SweepCase {
  const char* name;
  TrialCounts counts;
  SweepState kept_going;  // where nobody asked for the end
  SweepState cancelled;   // where somebody did
};
void PrintTo(const SweepCase& value, std::ostream* out) { *out << value.name; }

class SweepStateTest : public testing::TestWithParam<SweepCase> {};

TEST_P(SweepStateTest, FollowsFromItsTrials) {
  EXPECT_EQ(DeriveSweepState(GetParam().counts, false), GetParam().kept_going);
  EXPECT_EQ(DeriveSweepState(GetParam().counts, true), GetParam().cancelled);
}

INSTANTIATE_TEST_SUITE_P(
    All, SweepStateTest,
    testing::Values(
        SweepCase{"queued", {.queued = 1}, SweepState::kRunning, SweepState::kCancelling},
        SweepCase{"running",
                  {.running = 1, .succeeded = 5, .failed = 1},
                  SweepState::kRunning,
                  SweepState::kCancelling},
        SweepCase{"stopping",
                  {.stopping = 1, .cancelled = 5},
                  SweepState::kRunning,
                  SweepState::kCancelling},
        SweepCase{
            "paused", {.paused = 2, .succeeded = 1}, SweepState::kPaused, SweepState::kCancelling},
        SweepCase{"paused_and_running",
                  {.running = 1, .paused = 2},
                  SweepState::kRunning,
                  SweepState::kCancelling},
        SweepCase{"succeeded", {.succeeded = 8}, SweepState::kSucceeded, SweepState::kSucceeded},
        SweepCase{"one_stopped_early",
                  {.succeeded = 7, .stopped_early = 1},
                  SweepState::kSucceeded,
                  SweepState::kSucceeded},
        SweepCase{"one_failed",
                  {.succeeded = 7, .failed = 1},
                  SweepState::kFailed,
                  SweepState::kCancelled},
        SweepCase{"one_cancelled",
                  {.succeeded = 7, .cancelled = 1},
                  SweepState::kCancelled,
                  SweepState::kCancelled},
        SweepCase{"failed_and_cancelled",
                  {.failed = 1, .cancelled = 1},
                  SweepState::kFailed,
                  SweepState::kCancelled}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace adares
