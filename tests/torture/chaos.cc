#include "tests/torture/chaos.h"

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/fixtures/temp_folder.h"

namespace adares::torture {
namespace {

constexpr std::chrono::milliseconds kTurn{10};
constexpr std::chrono::milliseconds kLookEvery{700};
constexpr std::chrono::milliseconds kAskEvery{2000};
// How long everything may take to end once nothing is done to it any more. Trials wait for leases,
// for their next attempt, and for one another.
constexpr std::chrono::seconds kCalmPatience{180};
constexpr int64_t kOpenTrials = 12;
// Of the sweeps for scripted trainers, in turn.
constexpr std::array kForms = {Form::kStopping, Form::kPlain, Form::kParallel};

}  // namespace

Chaos::Chaos(const Settings& settings, Fleet& fleet, Watcher& watcher)
    : settings_(settings),
      fleet_(fleet),
      watcher_(watcher),
      database_(fleet.database()),
      random_(settings.seed),
      calls_(fleet, [this](const std::string& what) { Tell(what); }) {}

void Chaos::Rage() {
  const Clock::time_point end = start_ + settings_.length;
  Clock::time_point next = start_ + Between(500, 1500);
  while (Clock::now() < end) {
    Turn();
    Submit();
    if (Clock::now() < next) continue;
    next = Clock::now() + Between(50, 900);
    DoSomething();
  }
}

void Chaos::DoSomething() {
  const auto& choices = Choices();
  const bool is_late = settings_.is_long() && Clock::now() > start_ + settings_.length / 2;
  const auto never_done = std::find_if(choices.begin(), choices.end(), [this](const auto& choice) {
    return !done_.contains(choice.name);
  });
  const auto attempt = [this](const Choice& choice) {
    if ((this->*choice.deed)()) done_.insert(choice.name);
  };
  if (is_late && never_done != choices.end() && Index(2) == 0) return attempt(*never_done);
  int whole = 0;
  for (const Choice& choice : choices) whole += choice.weight;
  int drawn = static_cast<int>(Index(static_cast<size_t>(whole)));
  for (const Choice& choice : choices) {
    drawn -= choice.weight;
    if (drawn < 0) return attempt(choice);
  }
}

std::vector<std::string> Chaos::undone() const {
  std::vector<std::string> names;
  for (const Choice& choice : Choices()) {
    if (!done_.contains(choice.name)) names.emplace_back(choice.name);
  }
  return names;
}

Causes Chaos::causes() const {
  Causes causes = causes_;
  causes.asked = calls_.asked();
  return causes;
}

std::vector<std::string> Chaos::findings() {
  std::vector<std::string> all = findings_;
  for (const auto& more : {calls_.findings(), calls_.promises().findings()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
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
    const auto open = database_.TryNumber(
        "SELECT count(*) FROM v1_trials WHERE state NOT IN ('succeeded', 'stopped-early')");
    if (calls_.empty() && submitting_.empty() && busy_.empty() && open == 0) return true;
    if (calls_.empty()) AskForAll();
  }
  return false;
}

// Whatever people have stopped goes on, and what has failed is tried again: with so many faults a
// trial's tries may be used up.
void Chaos::AskForAll() {
  for (const Fleet::Member& member : fleet_.members()) Ask({"worker", "uncordon", member.name});
  for (const auto& [sweep, ignored] : sweeps_) {
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
  calls_.Reap();
  ReapPrograms();
  if (Clock::now() < next_look_) return;
  next_look_ = Clock::now() + kLookEvery;
  watcher_.Look();
  calls_.promises().Look(watcher_.seen());
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
    const Sweep sweep{trainer,
                      trainer == Trainer::kReal ? Form::kPlain : kForms[submitted_[trainer] % 3]};
    const std::string name = absl::StrCat(Name(trainer), "-", ++submitted_[trainer]);
    const std::string path = absl::StrCat(fleet_.folder(), "/", name, ".yaml");
    fixtures::WriteTextFile(path, SweepFile(sweep, name));
    SubmitUntilAcknowledged(sweep, name, path);
  }
}

// The same file may be sent again without harm, whatever became of it the first time.
void Chaos::SubmitUntilAcknowledged(const Sweep& sweep, const std::string& name,
                                    const std::string& path) {
  Ask({"sweep", "submit", path}, [=, this](Answer answer) {
    if (answer != Answer::kDone) return SubmitUntilAcknowledged(sweep, name, path);
    watcher_.Acknowledge(name);
    sweeps_.emplace(name, sweep);
    submitting_.erase(sweep.trainer);
  });
}

void Chaos::Ask(Arguments arguments, Calls::Then then) {
  calls_.Ask(std::move(arguments), std::move(then));
}

// A program that ends by itself is wrong, but for a worker that was drained.
void Chaos::ReapPrograms() {
  if (!busy_.contains("server") && fleet_.server().end()) {
    findings_.push_back("the server ended: " + fleet_.server().Errors());
    fleet_.StartServer();
  }
  for (Fleet::Member& member : fleet_.members()) {
    if (busy_.contains(member.name) || member.program == nullptr || !member.program->end())
      continue;
    const auto drain = loose_drains_.find(member.name);
    const bool was_drained = drain != loose_drains_.end() &&
                             drain->second == fleet_.server_starts() &&
                             member.program->end() == fixtures::ProgramEnd{0, 0};
    if (was_drained) {
      Tell(member.name + " was drained by a call that got no answer");
    } else {
      findings_.push_back(
          absl::StrCat("worker ", member.name, " ended: ", member.program->Errors()));
    }
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
