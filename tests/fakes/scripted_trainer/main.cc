// adares-scripted-trainer stands in for adares-trainer in tests: the same command line and
// protocol, no LibTorch, and a script instead of training.
//
//   ADARES_SCRIPT          what to do, see script.h; empty: finish after the trial's epochs
//   ADARES_SCRIPT_SEED_n   the same for trials with seed n only
//   ADARES_SCRIPT_LATER    the same for all trials of the process but its first
//   ADARES_SCRIPT_GATE     a file to wait for after epoch `gate_after`
#include <sys/prctl.h>

#include <cstdlib>
#include <iostream>
#include <string>

#include "absl/strings/numbers.h"
#include "tests/fakes/scripted_trainer/performance.h"

namespace adares::fakes {
namespace {

constexpr int kNoEventsFd = -1;

std::string Environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? "" : value;
}

Script ScriptFrom(const std::string& text) {
  auto script = ParseScript(text);
  if (script.ok()) return *script;
  std::cerr << "scripted trainer: " << script.status().message() << "\n";
  std::_Exit(2);
}

// The other options are for a real trainer.
int EventsFd(int argc, char** argv) {
  int fd = kNoEventsFd;
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::string(argv[i]) == "--events-fd" && !absl::SimpleAtoi(argv[i + 1], &fd))
      return kNoEventsFd;
  }
  return fd;
}

int Run(int argc, char** argv) {
  prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);  // a test may keep it from dying
  if (argc == 4 && std::string(argv[3]) == "--show-device") {
    const std::string wanted = argv[2];
    std::cout << (wanted == "auto" ? "cpu" : wanted) << "\n";
    return 0;
  }
  const int events_fd = EventsFd(argc, argv);
  if (events_fd == kNoEventsFd) {
    std::cerr << "scripted trainer: give --events-fd FD\n";
    return 2;
  }
  Stage stage(events_fd);
  const std::string text = Environment("ADARES_SCRIPT");
  const Script script = ScriptFrom(text);
  if (script.end == Ending::kNoReady) stage.WaitForEndOfFile();
  stage.Say(trainer_protocol::ReadyEvent{"scripted", "none", "cpu"});
  for (bool first = true;; first = false) {
    const trainer_protocol::TrainCommand command = stage.NextTrial();
    std::string own = Environment("ADARES_SCRIPT_SEED_" + std::to_string(command.spec.seed));
    if (!first && own.empty()) own = Environment("ADARES_SCRIPT_LATER");
    Perform(own.empty() ? script : ScriptFrom(own), command, Environment("ADARES_SCRIPT_GATE"),
            stage);
  }
}

}  // namespace
}  // namespace adares::fakes

int main(int argc, char** argv) { return adares::fakes::Run(argc, argv); }
