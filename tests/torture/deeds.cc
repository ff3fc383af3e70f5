// What befalls a fleet.
#include <signal.h>

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "tests/fixtures/processes.h"
#include "tests/fixtures/temp_folder.h"
#include "tests/torture/chaos.h"

namespace adares::torture {

namespace {

using std::chrono::seconds;

constexpr seconds kLongCut{15};     // longer than a lease
constexpr seconds kLongestCut{60};  // longer than a connection lives that nobody answers on
constexpr char kPeoplesLink[] = "the link of people";
constexpr seconds kDrainPatience{30};
// How long a worker is left alone until its leases have ended: a start of the server makes them
// twice as long.
constexpr seconds kLossPatience{20};

}  // namespace

const std::vector<Chaos::Choice>& Chaos::Choices() {
  static const std::vector<Choice> kChoices = {
      {6, "kill server", &Chaos::KillServer},
      {3, "restart server", &Chaos::RestartServer},
      {4, "freeze server", &Chaos::FreezeServer},
      {6, "kill worker", &Chaos::KillWorker},
      {4, "drain worker by a signal", &Chaos::DrainWorker},
      {3, "drain worker by a call", &Chaos::OrderDrain},
      {6, "freeze worker", &Chaos::FreezeWorker},
      {3, "lose worker", &Chaos::LoseWorker},
      {6, "kill trainer", &Chaos::KillTrainer},
      {4, "freeze trainer", &Chaos::FreezeTrainer},
      {6, "cut link", &Chaos::CutLink},
      {4, "slow link", &Chaos::SlowLink},
      {6, "break link", &Chaos::BreakLink},
      {5, "pause sweep", &Chaos::PauseSweep},
      {2, "cancel sweep", &Chaos::CancelSweep},
      {8, "pause trial", &Chaos::PauseTrial},
      {5, "cancel trial", &Chaos::CancelTrial},
      {2, "retry stopped trial", &Chaos::RetryStoppedTrial},
      {3, "cordon worker", &Chaos::CordonWorker},
      {3, "backup", &Chaos::Backup}};
  return kChoices;
}

bool Chaos::TakeServer() {
  if (!Take("server")) return false;
  calls_.BeginHit();
  return true;
}

void Chaos::ReleaseServer() {
  calls_.EndHit();
  Release("server");
}

bool Chaos::KillServer() {
  if (!TakeServer()) return false;
  Tell("kill -9 server");
  fleet_.server().Kill();
  Mend(Between(0, 2000), [this] {
    Tell("start server");
    fleet_.StartServer();
    ReleaseServer();
  });
  return true;
}

bool Chaos::RestartServer() {
  if (!TakeServer()) return false;
  Tell("stop server");
  // Before it takes calls it may not have a handler for the signal yet.
  const bool is_up = fleet_.server().Errors().find("serving") != std::string::npos;
  fleet_.server().Signal(SIGTERM);
  const auto end = fleet_.server().AwaitEnd();
  if (is_up && end != fixtures::ProgramEnd{0, 0}) {
    findings_.push_back(absl::StrCat("the server did not stop as it should: exit ",
                                     end ? end->code : -1, ", signal ", end ? end->signal : -1,
                                     ": ", fleet_.server().Errors()));
  }
  Tell("start server");
  fleet_.StartServer();
  ReleaseServer();
  return true;
}

// Longer than a lease at times.
bool Chaos::FreezeServer() {
  if (!Take("server")) return false;
  Tell("freeze server");
  fleet_.server().Signal(SIGSTOP);
  Mend(Between(100, 5000), [this] {
    Tell("thaw server");
    fleet_.server().Signal(SIGCONT);
    Release("server");
  });
  return true;
}

Fleet::Member* Chaos::Victim() {
  Fleet::Member& member = fleet_.members()[Index(fleet_.members().size())];
  return Take(member.name) ? &member : nullptr;
}

bool Chaos::KillWorker() {
  Fleet::Member* member = Victim();
  if (member == nullptr) return false;
  Tell("kill -9 " + member->name);
  member->program->Kill();
  Mend(Between(0, 5000), [this, member] {
    Tell("start " + member->name);
    fleet_.Start(*member);
    Release(member->name);
  });
  return true;
}

// At times it is asked twice, and then leaves at once.
bool Chaos::DrainWorker() {
  Fleet::Member* member = Victim();
  if (member == nullptr) return false;
  Tell("drain " + member->name);
  causes_.drained_workers.insert(member->name);
  member->program->Signal(SIGTERM);
  if (Index(3) == 0) {
    Mend(Between(0, 190), [this, member] {
      Tell("drain again " + member->name);
      member->program->Signal(SIGINT);  // a second SIGTERM so soon would pass for an echo
    });
  }
  StartOnceEnded(*member, Clock::time_point::max());
  return true;
}

// One that the server knows: the order would be for an earlier process of this name.
bool Chaos::OrderDrain() {
  Fleet::Member* member = Victim();
  if (member == nullptr) return false;
  if (member->program->Errors().find("event=registered") == std::string::npos) {
    Release(member->name);
    return false;
  }
  causes_.drained_workers.insert(member->name);
  Ask({"worker", "drain", member->name}, [this, member](Answer answer) {
    // A server that loses the worker before that has the order, and is then started anew, forgets
    // it.
    Clock::time_point told_again = Clock::now() + kDrainPatience;
    if (answer == Answer::kNone) loose_drains_[member->name] = fleet_.server_starts();
    if (answer != Answer::kDone) told_again = Clock::now();
    StartOnceEnded(*member, told_again);
  });
  return true;
}

void Chaos::StartOnceEnded(Fleet::Member& member, Clock::time_point told_again) {
  Mend(Milliseconds(200), [this, &member, told_again] {
    if (!member.program->end()) {
      if (Clock::now() < told_again) return StartOnceEnded(member, told_again);
      Tell("drain by a signal " + member.name);
      member.program->Signal(SIGTERM);
      return StartOnceEnded(member, Clock::time_point::max());
    }
    Tell("start " + member.name);
    fleet_.Start(member);
    Release(member.name);
  });
}

// It may come back when its trials are another worker's: nothing that it says then may count.
bool Chaos::FreezeWorker() {
  Fleet::Member* member = Victim();
  if (member == nullptr) return false;
  Tell("freeze " + member->name);
  member->program->Signal(SIGSTOP);
  Mend(Between(100, 8000), [this, member] {
    Tell("thaw " + member->name);
    member->program->Signal(SIGCONT);
    Release(member->name);
  });
  return true;
}

// Its trials must go to others, and what it says of them later must not count. The server is left
// alone meanwhile, for each start of it makes leases longer.
bool Chaos::LoseWorker() {
  Fleet::Member* member = Victim();
  if (member == nullptr) return false;
  if (!(TrialsOf(*member) > 0) || !Take("server")) {
    Release(member->name);
    return false;
  }
  const bool is_frozen = Index(2) == 0;
  Tell(absl::StrCat("lose ", member->name, is_frozen ? ", frozen" : ", killed"));
  if (is_frozen) {
    member->program->Signal(SIGSTOP);
  } else {
    member->program->Kill();
  }
  BringBackOnceLost(*member, is_frozen, Clock::now() + kLossPatience);
  return true;
}

std::optional<int64_t> Chaos::TrialsOf(const Fleet::Member& member) const {
  return database_.TryNumber(absl::StrCat("SELECT count(*) FROM v1_attempts WHERE worker = '",
                                          member.name, "' AND end_reason IS NULL"));
}

void Chaos::BringBackOnceLost(Fleet::Member& member, bool is_frozen, Clock::time_point latest) {
  Mend(Milliseconds(200), [this, &member, is_frozen, latest] {
    if (TrialsOf(member) != 0 && Clock::now() < latest) {
      return BringBackOnceLost(member, is_frozen, latest);
    }
    Tell("bring back " + member.name);
    if (is_frozen) {
      member.program->Signal(SIGCONT);
    } else {
      fleet_.Start(member);
    }
    Release("server");
    Release(member.name);
  });
}

// Not one that only tells its device: without that a worker rightly does not start.
std::optional<pid_t> Chaos::AnyTrainer() {
  std::vector<pid_t> trainers = fixtures::Descendants("adares-trainer");
  const std::vector<pid_t> scripted = fixtures::Descendants("adares-scripted-trainer");
  trainers.insert(trainers.end(), scripted.begin(), scripted.end());
  std::erase_if(trainers, [](pid_t pid) {
    return fixtures::ReadTextFile(absl::StrCat("/proc/", pid, "/cmdline")).find("--show-device") !=
           std::string::npos;
  });
  if (trainers.empty()) return std::nullopt;
  return trainers[Index(trainers.size())];
}

bool Chaos::KillTrainer() {
  const auto trainer = AnyTrainer();
  if (!trainer) return false;
  Tell(absl::StrCat("kill -9 trainer ", *trainer));
  causes_.killed_trainers.insert(*trainer);
  kill(*trainer, SIGKILL);
  return true;
}

bool Chaos::FreezeTrainer() {
  const auto trainer = AnyTrainer();
  if (!trainer) return false;
  Tell(absl::StrCat("freeze trainer ", *trainer));
  kill(*trainer, SIGSTOP);
  Mend(Between(100, 3000), [this, pid = *trainer] {
    Tell(absl::StrCat("thaw trainer ", pid));
    kill(pid, SIGCONT);
  });
  return true;
}

std::vector<Chaos::Way> Chaos::Ways() {
  std::vector<Way> ways;
  for (const Fleet::Member& member : fleet_.members()) {
    ways.push_back({"the link of " + member.name, member.link.get()});
  }
  if (fleet_.people() != nullptr) ways.push_back({kPeoplesLink, fleet_.people()});
  return ways;
}

std::optional<Chaos::Way> Chaos::AnyWay() {
  const std::vector<Way> ways = Ways();
  const Way& way = ways[Index(ways.size())];
  if (!Take(way.name)) return std::nullopt;
  return way;
}

void Chaos::MendLink(const Way& way, Milliseconds after) {
  Mend(after, [this, way] {
    Tell("mend " + way.name);
    way.link->Mend();
    Release(way.name);
  });
}

// Workers are cut off for long at times, in long runs; people would only wait.
bool Chaos::CutLink() {
  const auto way = AnyWay();
  if (!way) return false;
  Milliseconds length = Between(100, 8000);
  if (settings_.is_long() && way->name != kPeoplesLink && Index(6) == 0) {
    const Milliseconds longest = std::min<Milliseconds>(kLongestCut, settings_.length / 4);
    length = Between(static_cast<int>(Milliseconds(kLongCut).count()),
                     static_cast<int>(longest.count()));
  }
  Tell(absl::StrCat("cut ", way->name, " for ", length.count(), " ms"));
  way->link->Cut();
  MendLink(*way, length);
  return true;
}

bool Chaos::SlowLink() {
  const auto way = AnyWay();
  if (!way) return false;
  Tell("slow " + way->name);
  way->link->Slow();
  MendLink(*way, Between(500, 5000));
  return true;
}

bool Chaos::BreakLink() {
  const auto way = AnyWay();
  if (!way) return false;
  Tell("break " + way->name);
  calls_.BeginHit();
  way->link->Break();
  calls_.EndHit();
  Release(way->name);
  return true;
}

std::string Chaos::AnySweep() {
  if (sweeps_.empty()) return "";
  return std::next(sweeps_.begin(), static_cast<ptrdiff_t>(Index(sweeps_.size())))->first;
}

bool Chaos::PauseSweep() {
  const std::string sweep = AnySweep();
  if (sweep.empty()) return false;
  Ask({"sweep", "pause", sweep});
  Mend(Between(200, 3000), [=, this] { Ask({"sweep", "resume", sweep}); });
  return true;
}

bool Chaos::CancelSweep() {
  const std::string sweep = AnySweep();
  if (sweep.empty()) return false;
  Ask({"sweep", "cancel", sweep});
  Mend(Between(200, 3000), [=, this] { Ask({"sweep", "retry", sweep}); });
  return true;
}

std::string Chaos::AnyTrial(std::optional<TrialState> state) {
  std::vector<std::string> trials;
  for (const auto& [id, trial] : watcher_.seen().trials) {
    const TrialState now = trial.stage.state;
    if (state ? now == *state : !IsFinal(now)) trials.push_back(id);
  }
  return trials.empty() ? "" : trials[Index(trials.size())];
}

bool Chaos::PauseTrial() {
  const std::string trial = AnyTrial();
  if (trial.empty()) return false;
  Ask({"trial", "pause", trial});
  Mend(Between(0, 2000), [=, this] { Ask({"trial", "resume", trial}); });
  return true;
}

bool Chaos::CancelTrial() {
  const std::string trial = AnyTrial();
  if (trial.empty()) return false;
  Ask({"trial", "cancel", trial});
  const bool from_scratch = Index(3) == 0;
  Mend(Between(0, 2000), [=, this] {
    if (from_scratch) return Ask({"trial", "retry", "--from-scratch", trial});
    Ask({"trial", "retry", trial});
  });
  return true;
}

// It is trained to its end then.
bool Chaos::RetryStoppedTrial() {
  const std::string trial = AnyTrial(TrialState::kStoppedEarly);
  if (trial.empty()) return false;
  Ask({"trial", "retry", trial});
  return true;
}

bool Chaos::CordonWorker() {
  const std::string worker = fleet_.members()[Index(fleet_.members().size())].name;
  Ask({"worker", "cordon", worker});
  Mend(Between(200, 4000), [=, this] { Ask({"worker", "uncordon", worker}); });
  return true;
}

void Chaos::BackUp(const std::function<void()>& failed) {
  const std::string path = absl::StrCat(fleet_.folder(), "/backup-", ++backups_begun_, ".db");
  Ask({"db", "backup", path}, [this, path, failed, known = watcher_.known()](Answer answer) {
    if (answer != Answer::kDone) return failed();
    backups_.emplace(path, known);
  });
}

bool Chaos::Backup() {
  BackUp([] {});
  return true;
}

// A server that has just started may not answer yet.
void Chaos::BackUpUntilDone() {
  BackUp([this] { BackUpUntilDone(); });
}

}  // namespace adares::torture
