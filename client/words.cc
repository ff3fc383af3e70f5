// The names of enumeration values are the words, with a prefix and in capitals.
#include "client/words.h"

#include <cctype>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/sweep_snapshot.h"

namespace adares::client {
namespace {

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

std::string FlagWord(v1::Flag::Kind kind) { return Word(v1::Flag::Kind_Name(kind), "KIND_"); }

std::string GoalWord(v1::Objective::Goal goal) {
  return goal == v1::Objective::GOAL_MINIMIZE ? "lower is better" : "higher is better";
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
  add(counts.running(), "running");
  add(counts.stopping(), "stopping");
  add(counts.queued(), "waiting");
  return absl::StrJoin(parts, ", ");
}

std::string SizeText(const v1::Sweep& sweep) {
  return absl::StrCat(Plural(sweep.variant_count(), "variant"), " x ",
                      Plural(sweep.seeds_size(), "seed"), " = ",
                      Plural(TrialCount(sweep), "trial"));
}

}  // namespace adares::client
