// The names of enumeration values are the words, with a prefix and in capitals.
#include "client/words.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/sweep_snapshot.h"

namespace adares::client {
namespace {

constexpr std::array kTrialStates = {v1::Trial::STATE_QUEUED,    v1::Trial::STATE_RUNNING,
                                     v1::Trial::STATE_PAUSED,    v1::Trial::STATE_STOPPING,
                                     v1::Trial::STATE_SUCCEEDED, v1::Trial::STATE_FAILED,
                                     v1::Trial::STATE_CANCELLED, v1::Trial::STATE_STOPPED_EARLY};

// END_REASON_WORKER_LOST without its prefix is "worker-lost".
std::string Word(std::string_view name, std::string_view prefix) {
  if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
  std::string word(name);
  for (char& c : word) c = c == '_' ? '-' : static_cast<char>(std::tolower(c));
  return word;
}

}  // namespace

std::string StateWord(v1::Sweep::State state) {
  return Word(v1::Sweep::State_Name(state), "STATE_");
}

std::string StateWord(v1::Trial::State state) {
  return Word(v1::Trial::State_Name(state), "STATE_");
}

std::string StateWord(v1::Worker::State state) {
  return Word(v1::Worker::State_Name(state), "STATE_");
}

std::string EndReasonWord(v1::Attempt::EndReason reason) {
  if (reason == v1::Attempt::END_REASON_UNSPECIFIED) return "running";
  return Word(v1::Attempt::EndReason_Name(reason), "END_REASON_");
}

std::string StopAimWord(v1::Trial::StopAim aim) {
  return Word(v1::Trial::StopAim_Name(aim), "STOP_AIM_");
}

std::string FlagWord(v1::Flag::Kind kind) { return Word(v1::Flag::Kind_Name(kind), "KIND_"); }

std::vector<std::string> TrialStateWords() {
  std::vector<std::string> words;
  for (const v1::Trial::State state : kTrialStates) words.push_back(StateWord(state));
  return words;
}

std::vector<v1::Trial::State> TrialStatesOf(const std::vector<std::string>& words) {
  std::vector<v1::Trial::State> states;
  for (const v1::Trial::State state : kTrialStates) {
    if (std::find(words.begin(), words.end(), StateWord(state)) != words.end()) {
      states.push_back(state);
    }
  }
  return states;
}

std::string GoalWord(v1::Objective::Goal goal) {
  switch (goal) {
    case v1::Objective::GOAL_MINIMIZE:
      return "lower is better";
    case v1::Objective::GOAL_MAXIMIZE:
      return "higher is better";
    default:
      return "";
  }
}

std::string Plural(int64_t count, const char* word) {
  return absl::StrCat(count, " ", word, count == 1 ? "" : "s");
}

std::string CountsText(const v1::TrialCounts& counts) {
  std::vector<std::string> parts;
  const auto add = [&parts](int count, const char* word) {
    if (count > 0) parts.push_back(absl::StrCat(count, " ", word));
  };
  add(counts.succeeded(), "succeeded");
  add(counts.failed(), "failed");
  add(counts.cancelled(), "cancelled");
  add(counts.stopped_early(), "stopped early");
  add(counts.running(), "running");
  add(counts.stopping(), "stopping");
  add(counts.paused(), "paused");
  add(counts.queued(), "waiting");
  return absl::StrJoin(parts, ", ");
}

std::string SizeText(const v1::Sweep& sweep) {
  return absl::StrCat(Plural(sweep.variant_count(), "variant"), " x ",
                      Plural(sweep.seeds_size(), "seed"), " = ",
                      Plural(TrialCount(sweep), "trial"));
}

}  // namespace adares::client
