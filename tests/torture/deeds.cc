// What befalls a fleet.
#include <signal.h>

#include <chrono>

#include "absl/strings/str_cat.h"
#include "tests/fixtures/processes.h"
#include "tests/fixtures/temp_folder.h"
#include "tests/torture/chaos.h"

namespace adares::torture {

const std::vector<Chaos::Choice>& Chaos::Choices() {
  static const std::vector<Choice> kChoices = {
      {6, &Chaos::KillServer},   {3, &Chaos::RestartServer}, {4, &Chaos::FreezeServer},
      {6, &Chaos::KillWorker},   {6, &Chaos::DrainWorker},   {6, &Chaos::FreezeWorker},
      {6, &Chaos::KillTrainer},  {4, &Chaos::FreezeTrainer}, {6, &Chaos::CutLink},
      {4, &Chaos::SlowLink},     {6, &Chaos::BreakLink},     {5, &Chaos::PauseSweep},
      {2, &Chaos::CancelSweep},  {8, &Chaos::PauseTrial},    {5, &Chaos::CancelTrial},
      {3, &Chaos::CordonWorker}, {3, &Chaos::Backup}};
  return kChoices;
}

bool Chaos::KillServer() {
  if (!Take("server")) return false;
  Tell("kill -9 server");
  fleet_.server().Kill();
  Mend(Between(0, 2000), [this] {
    Tell("start server");
    fleet_.StartServer();
    Release("server");
  });
  return true;
}

bool Chaos::RestartServer() {
  if (!Take("server")) return false;
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
  Release("server");
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
  member->program->Signal(SIGTERM);
  if (Index(3) == 0) {
    Mend(Between(0, 190), [this, member] {
      Tell("drain again " + member->name);
      member->program->Signal(SIGINT);  // a second SIGTERM so soon would pass for an echo
    });
  }
  StartOnceEnded(*member);
  return true;
}

void Chaos::StartOnceEnded(Fleet::Member& member) {
  Mend(Milliseconds(200), [this, &member] {
    if (!member.program->end()) return StartOnceEnded(member);
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

Fleet::Member* Chaos::VictimOfItsLink() {
  Fleet::Member& member = fleet_.members()[Index(fleet_.members().size())];
  return Take("link of " + member.name) ? &member : nullptr;
}

void Chaos::MendLink(Fleet::Member& member, Milliseconds after) {
  Mend(after, [this, &member] {
    Tell("mend the link of " + member.name);
    member.link->Mend();
    Release("link of " + member.name);
  });
}

bool Chaos::CutLink() {
  Fleet::Member* member = VictimOfItsLink();
  if (member == nullptr) return false;
  Tell("cut the link of " + member->name);
  member->link->Cut();
  MendLink(*member, Between(100, 8000));
  return true;
}

bool Chaos::SlowLink() {
  Fleet::Member* member = VictimOfItsLink();
  if (member == nullptr) return false;
  Tell("slow the link of " + member->name);
  member->link->Slow();
  MendLink(*member, Between(500, 5000));
  return true;
}

bool Chaos::BreakLink() {
  Fleet::Member& member = fleet_.members()[Index(fleet_.members().size())];
  if (busy_.contains("link of " + member.name)) return false;
  Tell("break the link of " + member.name);
  member.link->Break();
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

// One that is not over, where there is one.
std::string Chaos::AnyTrial() {
  const std::vector<std::string> open = watcher_.OpenTrials();
  return open.empty() ? "" : open[Index(open.size())];
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
  Mend(Between(0, 2000), [=, this] { Ask({"trial", "retry", trial}); });
  return true;
}

bool Chaos::CordonWorker() {
  const std::string worker = fleet_.members()[Index(fleet_.members().size())].name;
  Ask({"worker", "cordon", worker});
  Mend(Between(200, 4000), [=, this] { Ask({"worker", "uncordon", worker}); });
  return true;
}

std::string Chaos::NewBackupPath() {
  return absl::StrCat(fleet_.folder(), "/backup-", ++backups_begun_, ".db");
}

bool Chaos::Backup() {
  const std::string path = NewBackupPath();
  Ask({"db", "backup", path}, [=, this](bool ok) {
    if (ok) backups_.push_back(path);
  });
  return true;
}

// A server that has just started may not answer yet.
void Chaos::BackUpUntilDone() {
  const std::string path = NewBackupPath();
  Ask({"db", "backup", path}, [=, this](bool ok) {
    if (!ok) return BackUpUntilDone();
    backups_.push_back(path);
  });
}

}  // namespace adares::torture
