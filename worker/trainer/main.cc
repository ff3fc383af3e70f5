// adares-trainer: trains one trial after another for a worker, or one by hand.
#include <malloc.h>
#include <unistd.h>

#include <climits>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "core/available_cores.h"
#include "core/status.h"
#include "core/trial_spec.h"
#include "worker/trainer/command_inbox.h"
#include "worker/trainer/event_writer.h"
#include "worker/trainer/foreign_checkpoints.h"
#include "worker/trainer/torch_runtime.h"
#include "worker/trainer/trainer_commit.h"
#include "worker/trainer/trainer_options.h"
#include "worker/trainer/trial_runner.h"

namespace {

constexpr int kExitNotFinished = 1;
constexpr int kExitUsage = 2;

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "adares-trainer: %s\n", std::string(status.message()).c_str());
  return kExitUsage;
}

// Keeps freed memory in the process. A step frees and takes the same large buffers again and again;
// by default glibc gives them back to the kernel each time, and a third of the speed goes into page
// faults.
void KeepFreedMemory() {
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, INT_MAX);
  mallopt(M_TOP_PAD, 64 << 20);
}

absl::StatusOr<adares::trainer_protocol::TrainCommand> ReadSpec(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError(path + ": cannot be opened");
  const std::string json{std::istreambuf_iterator<char>(file), {}};
  absl::StatusOr<adares::TrialSpec> spec = adares::ParseTrialSpec(json);
  if (!spec.ok()) return adares::Annotate(spec.status(), path);
  return adares::trainer_protocol::TrainCommand{path, 1, *std::move(spec)};
}

int RunByHand(const adares::TrainerOptions& options, adares::TrialRunner& runner,
              adares::CommandInbox& inbox) {
  auto command = ReadSpec(options.spec_path);
  if (!command.ok()) return Fail(command.status());
  command->checkpoints = options.checkpoints;
  inbox.Put(*std::move(command));
  const std::optional<adares::Assignment> assignment = inbox.Next();
  if (!assignment) return kExitNotFinished;
  runner.SendReady();
  return runner.Run(*assignment) == adares::EndReason::kFinished ? 0 : kExitNotFinished;
}

int RunForWorker(adares::TrialRunner& runner, adares::CommandInbox& inbox) {
  runner.SendReady();
  while (const std::optional<adares::Assignment> assignment = inbox.Next()) {
    std::fprintf(stderr, "%s, attempt %lld\n", assignment->command.trial.c_str(),
                 static_cast<long long>(assignment->command.attempt));
    const adares::trainer_protocol::CheckpointOrder& order = assignment->command.checkpoints;
    if (order.resume) adares::SetForeignCheckpointsAside(order.folder);
    runner.Run(*assignment);
    malloc_trim(0);  // for as long as it waits, what the trial took is of use to others only
  }
  return 0;
}

int Run(const adares::TrainerOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);
  const bool by_hand = !options.spec_path.empty();
  adares::CommandInbox inbox(by_hand ? -1 : STDIN_FILENO, by_hand);
  const absl::StatusOr<std::string> device = adares::ResolveDevice(options.device);
  if (!device.ok()) return Fail(device.status());
  adares::ConfigureTorch(options.threads > 0 ? options.threads : adares::AvailableCores());
  adares::ConfigureDevice(*device, options.deterministic);
  adares::EventWriter writer(options.events_fd >= 0 ? options.events_fd : STDOUT_FILENO);
  adares::TrainerSetup setup{ADARES_VERSION,         *device,
                             options.data_dir,       options.cache_dir,
                             options.keep_dead_taps, !options.eager_steps};
  setup.commit = adares::kTrainerCommit;
  adares::TrialRunner runner(std::move(setup), writer);
  return by_hand ? RunByHand(options, runner, inbox) : RunForWorker(runner, inbox);
}

int ShowDevice(const std::string& wanted) {
  const absl::StatusOr<std::string> device = adares::ResolveDevice(wanted);
  if (!device.ok()) return Fail(device.status());
  std::printf("%s\n", *device == "cpu" ? "cpu" : "cuda");
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  KeepFreedMemory();
  const auto options = adares::ParseTrainerOptions(argc, argv);
  if (!options.ok()) return Fail(options.status());
  switch (options->action) {
    case adares::TrainerOptions::Action::kShowHelp:
      std::fputs(adares::kTrainerHelp, stdout);
      return 0;
    case adares::TrainerOptions::Action::kShowVersion:
      std::printf("adares-trainer %s (commit %s, LibTorch %s)\n", ADARES_VERSION,
                  adares::kTrainerCommit, adares::LibTorchVersion().c_str());
      return 0;
    case adares::TrainerOptions::Action::kShowDevice:
      return ShowDevice(options->device);
    case adares::TrainerOptions::Action::kTrain:
      return Run(*options);
  }
  return kExitUsage;
}
