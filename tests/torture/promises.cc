#include "tests/torture/promises.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace adares::torture {
namespace {

bool Changes(const std::vector<std::string>& arguments) {
  static const std::set<std::string> kVerbs = {"pause", "resume",   "cancel",
                                               "retry", "uncordon", "cordon"};
  return arguments.size() >= 3 && kVerbs.contains(arguments[1]);
}

// Whether they mean a trial in common.
bool Overlap(const std::string& a, const std::string& b) {
  return a == b || (a.ends_with('/') && b.starts_with(a)) || (b.ends_with('/') && a.starts_with(b));
}

// States that a trial cannot be in once a call was done, as long as there is no other one.
bool IsRuledOut(const TrialStage& stage, const std::string& verb) {
  const TrialState state = stage.state;
  if (verb == "pause") {
    return state == TrialState::kQueued || state == TrialState::kRunning ||
           stage.aim == StopAim::kRequeue;
  }
  if (verb == "resume") return state == TrialState::kPaused || stage.aim == StopAim::kPause;
  if (verb == "cancel") return !IsFinal(state) && stage.aim != StopAim::kCancel;
  return state == TrialState::kCancelled || stage.aim == StopAim::kCancel;
}

}  // namespace

int Promises::Begin(const std::vector<std::string>& arguments, int life) {
  const int id = ++next_id_;
  if (!Changes(arguments)) return id;
  Call call;
  call.verb = arguments[1];
  call.target = absl::StrCat(arguments.back(), arguments[0] == "sweep" ? "/" : "");
  call.from_scratch = std::count(arguments.begin(), arguments.end(), "--from-scratch") > 0;
  std::erase_if(loose_, [life](const Loose& loose) { return loose.life != life; });
  for (const Loose& loose : loose_) call.is_alone &= !Overlap(loose.target, call.target);
  for (auto& [other_id, other] : under_way_) {
    if (!Overlap(other.target, call.target)) continue;
    call.is_alone = false;
    other.is_alone = false;
  }
  for (const std::string& target : touched_) call.is_fresh &= !Overlap(target, call.target);
  touched_.insert(call.target);
  std::erase_if(promises_, [&](const auto& entry) { return Overlap(entry.first, call.target); });
  for (const auto& [trial, row] : seen_.trials) {
    if (Overlap(trial, call.target)) call.before.emplace(trial, row);
  }
  under_way_.emplace(id, std::move(call));
  return id;
}

void Promises::Take(int id, Answer answer, int life) {
  const auto entry = under_way_.extract(id);
  if (entry.empty()) return;
  const Call& call = entry.mapped();
  touched_.insert(call.target);
  if (answer == Answer::kNone) loose_.push_back({call.target, life});
  if (answer == Answer::kDone) Promised(call);
}

void Promises::Promised(const Call& call) {
  if (call.from_scratch) {
    for (const auto& [trial, before] : call.before) {
      from_scratch_[trial] = std::max(from_scratch_[trial], before.attempts);
    }
  }
  if (!call.is_alone) return;
  const std::string text = absl::StrCat(call.verb, " ", call.target);
  if (call.verb == "cordon" || call.verb == "uncordon") {
    promises_[call.target] = {text, call.verb, {}};
    return;
  }
  const bool of_sweep = call.target.ends_with('/');
  for (const auto& [trial, before] : call.before) {
    // Of a sweep only those trials are tried again that are over, which one must know.
    const bool is_over =
        before.stage.state == TrialState::kCancelled || before.stage.state == TrialState::kFailed;
    if (call.verb == "retry" && of_sweep && !(is_over && call.is_fresh)) continue;
    promises_[trial] = {text, call.verb, before};
  }
}

void Promises::Look(const Snapshot& now) {
  for (const auto& [id, promise] : promises_) {
    if (const auto breach = Breach(id, promise, now)) {
      Find(absl::StrCat("\"", promise.call, "\" was done, and ", id, " ", *breach));
    } else {
      ++kept_[promise.verb];
    }
  }
  for (const auto& [trial, attempts] : from_scratch_) {
    const auto row = now.trials.find(trial);
    if (row == now.trials.end() || row->second.scratch_after >= attempts) continue;
    Find(absl::StrCat("\"retry --from-scratch ", trial, "\" was done after attempt ", attempts,
                      ", and it goes on from attempts after ", row->second.scratch_after));
  }
  touched_.clear();
  for (const auto& [id, call] : under_way_) touched_.insert(call.target);
  seen_ = now;
}

// Once: a breach stays to be seen.
void Promises::Find(const std::string& finding) {
  if (std::find(findings_.begin(), findings_.end(), finding) != findings_.end()) return;
  findings_.push_back(finding);
}

std::optional<std::string> Promises::Breach(const std::string& id, const Promise& promise,
                                            const Snapshot& now) const {
  if (promise.verb == "cordon" || promise.verb == "uncordon") {
    const auto worker = now.workers.find(id);
    if (worker == now.workers.end()) return "is not there";
    const bool is_cordoned = worker->second.is_cordoned;
    if (promise.verb == "cordon" && !is_cordoned) return "is not cordoned";
    // The server may set one aside by itself, and says why.
    const bool by_people = is_cordoned && worker->second.cordon_reason.empty();
    if (promise.verb == "uncordon" && by_people) return "is cordoned";
    return std::nullopt;
  }
  const auto trial = now.trials.find(id);
  if (trial == now.trials.end()) return "is not there";
  const TrialRow& row = trial->second;
  if (IsRuledOut(row.stage, promise.verb)) return absl::StrCat("is ", Name(row.stage));
  const bool was_tried = row.attempts > promise.before.attempts;
  if (promise.verb == "retry" && row.stage.state == TrialState::kFailed && !was_tried) {
    return "has failed without another attempt";
  }
  return std::nullopt;
}

}  // namespace adares::torture
