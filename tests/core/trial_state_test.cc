// The state machine: every pair of state and event, held against the table of docs/states.md.
#include "core/trial_state.h"

#include <gtest/gtest.h>

#include <map>
#include <ostream>
#include <sstream>
#include <utility>
#include <vector>

#include "core/status.h"
#include "tests/core/source_tree.h"

namespace adares {
namespace {

constexpr TrialState kStates[] = {TrialState::kQueued,   TrialState::kRunning,
                                  TrialState::kStopping, TrialState::kSucceeded,
                                  TrialState::kFailed,   TrialState::kCancelled};
constexpr TrialEvent kEvents[] = {TrialEvent::kClaim,   TrialEvent::kFinish, TrialEvent::kFail,
                                  TrialEvent::kRequeue, TrialEvent::kCancel, TrialEvent::kStopped};
constexpr EndReason kReasons[] = {
    EndReason::kFinished,   EndReason::kError,     EndReason::kDiverged, EndReason::kOutOfMemory,
    EndReason::kWorkerLost, EndReason::kPreempted, EndReason::kCancelled};

using Edges = std::map<std::pair<TrialState, TrialEvent>, TrialState>;

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
    const auto from = ParseTrialState(words[0]);
    const auto event = ParseTrialEvent(words[1]);
    const auto to = ParseTrialState(words[2]);
    if (!from || !event || !to) throw std::runtime_error("not a transition: " + line);
    edges[{*from, *event}] = *to;
  }
  return edges;
}

TEST(TrialStateTest, TransitionsAreThoseOfThePage) {
  const Edges edges = DocumentedEdges();
  EXPECT_EQ(edges.size(), 9U);
  for (const TrialState from : kStates) {
    for (const TrialEvent event : kEvents) {
      SCOPED_TRACE(std::string(Name(from)) + " + " + std::string(Name(event)));
      const absl::StatusOr<TrialState> to = Transition(from, event);
      const auto edge = edges.find({from, event});
      if (edge != edges.end()) {
        ASSERT_TRUE(to.ok()) << to.status();
        EXPECT_EQ(*to, edge->second);
      } else {
        EXPECT_EQ(to.status().code(), absl::StatusCode::kFailedPrecondition);
        EXPECT_EQ(ErrorReason(to.status()), "STATE_CONFLICT");
      }
    }
  }
}

TEST(TrialStateTest, DiagramShowsTheSameTransitions) {
  const std::string page = ReadSourceFile("docs/states.md");
  for (const auto& [key, to] : DocumentedEdges()) {
    const std::string arrow = "    " + std::string(Name(key.first)) + " --> " +
                              std::string(Name(to)) + ": " + std::string(Name(key.second)) + "\n";
    EXPECT_NE(page.find(arrow), std::string::npos) << arrow;
  }
}

TEST(TrialStateTest, NothingLeavesAFinalState) {
  for (const TrialState state : kStates) {
    bool has_exit = false;
    for (const TrialEvent event : kEvents) has_exit = has_exit || Transition(state, event).ok();
    EXPECT_EQ(has_exit, !IsFinal(state)) << Name(state);
  }
}

TEST(TrialStateTest, EndOfARunningAttempt) {
  const auto after = [](EndReason reason) {
    return AfterAttempt(TrialState::kRunning, reason, reason == EndReason::kWorkerLost ? 1 : 0);
  };
  EXPECT_EQ(after(EndReason::kFinished), TrialEvent::kFinish);
  EXPECT_EQ(after(EndReason::kError), TrialEvent::kFail);
  EXPECT_EQ(after(EndReason::kDiverged), TrialEvent::kFail);
  EXPECT_EQ(after(EndReason::kOutOfMemory), TrialEvent::kFail);
  EXPECT_EQ(after(EndReason::kWorkerLost), TrialEvent::kRequeue);
  EXPECT_EQ(after(EndReason::kPreempted), TrialEvent::kRequeue);
  EXPECT_EQ(after(EndReason::kCancelled), TrialEvent::kFail);
}

TEST(TrialStateTest, TheLastPermittedLossFailsTheTrial) {
  const auto after = [](int lost) {
    return AfterAttempt(TrialState::kRunning, EndReason::kWorkerLost, lost);
  };
  EXPECT_EQ(after(kMaxLostAttempts - 1), TrialEvent::kRequeue);
  EXPECT_EQ(after(kMaxLostAttempts), TrialEvent::kFail);
  EXPECT_EQ(after(kMaxLostAttempts + 1), TrialEvent::kFail);
}

TEST(TrialStateTest, PreemptionIsNeverALoss) {
  EXPECT_EQ(AfterAttempt(TrialState::kRunning, EndReason::kPreempted, kMaxLostAttempts),
            TrialEvent::kRequeue);
}

TEST(TrialStateTest, AStoppingTrialIsCancelledUnlessItsAttemptFinished) {
  for (const EndReason reason : kReasons) {
    const TrialEvent event = AfterAttempt(TrialState::kStopping, reason, kMaxLostAttempts);
    const TrialState state = *Transition(TrialState::kStopping, event);
    EXPECT_EQ(state,
              reason == EndReason::kFinished ? TrialState::kSucceeded : TrialState::kCancelled)
        << Name(reason);
  }
}

TEST(TrialStateTest, EveryEndOfAnAttemptIsAnEventThatItsTrialTakes) {
  for (const TrialState state : {TrialState::kRunning, TrialState::kStopping}) {
    for (const EndReason reason : kReasons) {
      for (int lost = 0; lost <= kMaxLostAttempts + 1; ++lost) {
        EXPECT_TRUE(Transition(state, AfterAttempt(state, reason, lost)).ok())
            << Name(state) << " " << Name(reason) << " " << lost;
      }
    }
  }
}

TEST(TrialStateTest, NamesReadBack) {
  for (const TrialState state : kStates) EXPECT_EQ(ParseTrialState(Name(state)), state);
  for (const TrialEvent event : kEvents) EXPECT_EQ(ParseTrialEvent(Name(event)), event);
  for (const EndReason reason : kReasons) EXPECT_EQ(ParseEndReason(Name(reason)), reason);
  for (const SweepState state :
       {SweepState::kRunning, SweepState::kCancelling, SweepState::kSucceeded, SweepState::kFailed,
        SweepState::kCancelled}) {
    EXPECT_EQ(ParseSweepState(Name(state)), state);
  }
  EXPECT_EQ(Name(EndReason::kOutOfMemory), "out-of-memory");
  EXPECT_EQ(Name(EndReason::kWorkerLost), "worker-lost");
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
        SweepCase{"succeeded", {.succeeded = 8}, SweepState::kSucceeded, SweepState::kSucceeded},
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
