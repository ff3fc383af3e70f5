#include "tests/torture/chaos.h"

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "tests/fixtures/temp_folder.h"
#include "tests/torture/sweeps.h"

namespace adares::torture {
namespace {

constexpr std::chrono::milliseconds kTurn{10};
constexpr std::chrono::milliseconds kLookEvery{700};
constexpr std::chrono::milliseconds kAskEvery{2000};
// How long everything may take to end once nothing is done to it any more. Trials wait for leases,
// for their next attempt, and for one another.
constexpr std::chrono::seconds kCalmPatience{180};
constexpr int64_t kOpenTrials = 8;

}  // namespace

Chaos::Chaos(const Settings& settings, Fleet& fleet, Watcher& watcher)
    : settings_(settings),
      fleet_(fleet),
      watcher_(watcher),
      database_(fleet.database()),
      random_(settings.seed) {}

void Chaos::Rage() {
  int whole = 0;
  for (const Choice& choice : Choices()) whole += choice.weight;
  const Clock::time_point end = start_ + settings_.length;
  Clock::time_point next = start_ + Between(500, 1500);
  while (Clock::now() < end) {
    Turn();
    Submit();
    if (Clock::now() < next) continue;
    next = Clock::now() + Between(50, 900);
    int drawn = static_cast<int>(Index(static_cast<size_t>(whole)));
    for (const Choice& choice : Choices()) {
      drawn -= choice.weight;
      if (drawn >= 0) continue;
      (this->*choice.deed)();
      break;
    }
  }
}

bool Chaos::Calm() {
  Tell("everything is mended");
  for (const auto& [due, mend] : std::exchange(mends_, {})) mend();
  BackUpUntilDone();
  const Clock::time_point end = Clock::now() + kCalmPatience;
  Clock::time_point next_ask;
  while (Clock::now() < end) {
    Turn();
    if (Clock::now() < next_ask) continue;
    next_ask = Clock::now() + kAskEvery;
    const auto open =
        database_.TryNumber("SELECT count(*) FROM v1_trials WHERE state <> 'succeeded'");
    if (calls_.empty() && submitting_.empty() && busy_.empty() && open == 0) return true;
    if (calls_.empty()) AskForAll();
  }
  return false;
}

// Whatever people have stopped goes on, and what has failed is tried again: with so many faults a
// trial's tries may be used up.
void Chaos::AskForAll() {
  for (const Fleet::Member& member : fleet_.members()) Ask({"worker", "uncordon", member.name});
  for (const auto& [sweep, trainer] : sweeps_) {
    const std::string where =
        absl::StrCat(" FROM v1_trials WHERE sweep = '", sweep, "' AND state ");
    if (database_.TryNumber(absl::StrCat("SELECT count(*)", where, "= 'paused'")) > 0) {
      Ask({"sweep", "resume", sweep});
    }
    if (database_.TryNumber(absl::StrCat("SELECT count(*)", where, "IN ('failed', 'cancelled')")) >
        0) {
      Ask({"sweep", "retry", sweep});
    }
  }
}

void Chaos::Turn() {
  std::this_thread::sleep_for(kTurn);
  while (!mends_.empty() && mends_.begin()->first <= Clock::now()) {
    auto mend = mends_.extract(mends_.begin());
    mend.mapped()();
  }
  ReapCalls();
  ReapPrograms();
  if (Clock::now() < next_look_) return;
  next_look_ = Clock::now() + kLookEvery;
  watcher_.Look();
}

// Enough for the workers to do.
void Chaos::Submit() {
  for (const Trainer trainer : {Trainer::kReal, Trainer::kScripted}) {
    if (submitting_.contains(trainer)) continue;
    const auto open = database_.TryNumber(
        absl::StrCat("SELECT count(*) FROM v1_trials WHERE sweep LIKE '", Name(trainer),
                     "-%' AND state IN ('queued', 'running', 'stopping')"));
    if (!open || *open >= (trainer == Trainer::kReal ? 1 : kOpenTrials)) continue;
    submitting_.insert(trainer);
    const std::string name = absl::StrCat(Name(trainer), "-", ++submitted_[trainer]);
    const std::string path = absl::StrCat(fleet_.folder(), "/", name, ".yaml");
    fixtures::WriteTextFile(path, SweepFile(trainer, name));
    SubmitUntilAcknowledged(trainer, name, path);
  }
}

// The same file may be sent again without harm, whatever became of it the first time.
void Chaos::SubmitUntilAcknowledged(Trainer trainer, const std::string& name,
                                    const std::string& path) {
  Ask({"sweep", "submit", path}, [=, this](bool ok) {
    if (!ok) return SubmitUntilAcknowledged(trainer, name, path);
    watcher_.Acknowledge(name);
    sweeps_.emplace(name, trainer);
    submitting_.erase(trainer);
  });
}

void Chaos::Ask(Arguments arguments, std::function<void(bool ok)> then) {
  Tell("adares " + absl::StrJoin(arguments, " "));
  Arguments whole = {"--timeout", "5"};
  whole.insert(whole.end(), arguments.begin(), arguments.end());
  calls_.push_back({fleet_.Adares(whole), std::move(arguments), std::move(then)});
}

void Chaos::ReapCalls() {
  std::vector<Call> ended;
  for (Call& call : calls_) {
    if (call.program->end()) ended.push_back(std::move(call));
  }
  std::erase_if(calls_, [](const Call& call) { return call.program == nullptr; });
  for (Call& call : ended) {
    const fixtures::ProgramEnd end = *call.program->end();
    const std::string errors = call.program->Errors();
    if (end.signal != 0 || errors.find("INTERNAL") != std::string::npos) {
      findings_.push_back(
          absl::StrCat("adares ", absl::StrJoin(call.arguments, " "), ": ", errors));
    }
    if (end.code != 0) {
      Tell(absl::StrCat("adares ", absl::StrJoin(call.arguments, " "), ": exit ", end.code));
    }
    if (call.then) call.then(end.signal == 0 && end.code == 0);
  }
}

// A server that ends by itself is wrong; a worker does where it was drained.
void Chaos::ReapPrograms() {
  if (!busy_.contains("server") && fleet_.server().end()) {
    findings_.push_back("the server ended: " + fleet_.server().Errors());
    fleet_.StartServer();
  }
  for (Fleet::Member& member : fleet_.members()) {
    if (busy_.contains(member.name) || member.program == nullptr || !member.program->end())
      continue;
    findings_.push_back(absl::StrCat("worker ", member.name, " ended: ", member.program->Errors()));
    fleet_.Start(member);
  }
}

void Chaos::Mend(Milliseconds after, std::function<void()> mend) {
  mends_.emplace(Clock::now() + after, std::move(mend));
}

Chaos::Milliseconds Chaos::Between(int low, int high) {
  return Milliseconds(std::uniform_int_distribution<int>(low, high)(random_));
}

size_t Chaos::Index(size_t size) {
  return std::uniform_int_distribution<size_t>(0, size - 1)(random_);
}

void Chaos::Tell(const std::string& what) {
  const std::chrono::duration<double> time = Clock::now() - start_;
  absl::StrAppend(&story_, absl::StrFormat("%8.2f  ", time.count()), what, "\n");
}

}  // namespace adares::torture
