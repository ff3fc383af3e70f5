#include "client/trainer_device.h"

#include <unistd.h>

#include <chrono>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/child_process.h"
#include "client/problem.h"
#include "client/scratch_folder.h"
#include "core/status.h"

namespace adares::client {
namespace {

constexpr std::chrono::milliseconds kLookEvery{50};
constexpr size_t kLastLines = 3;

absl::Status NoGpu(const std::string& why) {
  return WithHint(
      absl::FailedPreconditionError(absl::StrCat(
          "there is no GPU for --device cuda",
          HasNvidiaDriver() ? "" : ", nor an NVIDIA driver on this machine", ": ", why)),
      "without --device, or with --device cpu, the trials are trained on the CPU");
}

}  // namespace

bool HasNvidiaDriver() { return access("/dev/nvidiactl", F_OK) == 0; }

absl::StatusOr<std::string> DeviceOfTrainer(const std::string& wanted, Signals& signals) {
  if (wanted == "cpu") return wanted;
  if (wanted == "auto" && !HasNvidiaDriver()) return std::string("cpu");
  const ScratchFolder scratch;
  if (scratch.path().empty()) return absl::InternalError("cannot make a folder for a while");
  ADARES_ASSIGN_OR_RETURN(ChildProcess trainer,
                          ChildProcess::Start({ProgramBeside("adares-trainer"),
                                               {"--device", wanted, "--show-device"},
                                               absl::StrCat(scratch.path(), "/device")}));
  while (!trainer.HasEnded()) {
    if (signals.Wait(kLookEvery).interrupt) return absl::CancelledError("interrupted");
  }
  const std::vector<std::string> said = trainer.LastLines(kLastLines);
  const std::string device = said.empty() ? "" : said.back();
  if (trainer.Succeeded() && (device == "cpu" || device == "cuda")) return device;
  const std::string words = absl::StrJoin(said, "\n  | ");
  if (wanted == "cuda" && !said.empty()) return NoGpu(words);
  return absl::FailedPreconditionError(
      absl::StrCat("adares-trainer ended ", trainer.EndText(), ": ", words));
}

}  // namespace adares::client
