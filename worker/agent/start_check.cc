#include "worker/agent/start_check.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "worker/agent/trainer_process.h"
#include "worker/agent/trainer_spawn.h"

namespace adares::worker {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

// The exit code of a trainer that works and does not do what it was asked.
constexpr int kRefused = 2;

absl::Status NoGpu(const std::filesystem::path& trainer, const std::string& why) {
  return absl::FailedPreconditionError(absl::StrCat(
      "there is no GPU for --device cuda: the trainer ", trainer.string(), " said \"", why,
      "\"; take --device cpu or auto, or name a trainer that is built for CUDA with --trainer"));
}

// Sets `in_time` to whether the end came before `deadline`.
std::string ReadToEnd(int fd, steady_clock::time_point deadline, bool* in_time) {
  std::string text;
  std::array<char, 4096> buffer{};
  while (true) {
    const auto left = duration_cast<milliseconds>(deadline - steady_clock::now());
    pollfd readable{fd, POLLIN, 0};
    const int ready = poll(&readable, 1, static_cast<int>(std::max(left, milliseconds(0)).count()));
    *in_time = ready != 0;
    if (!*in_time) return text;
    if (ready < 0) continue;
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(buffer.data(), static_cast<size_t>(got));
  }
}

TrainerExit WaitForExit(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return ExitOf(status);
}

}  // namespace

absl::StatusOr<std::string> CheckTrainer(const std::filesystem::path& trainer,
                                         const std::string& device, std::chrono::seconds limit) {
  TrainerProgram program;
  program.path = trainer;
  ADARES_ASSIGN_OR_RETURN(const SpawnedTrainer child,
                          SpawnTrainer(program, {"--device", device, "--show-device"}));
  close(child.commands_fd);
  close(child.events_fd);
  fcntl(child.log_fd, F_SETFL, 0);  // blocks from now on
  bool in_time = false;
  std::string output = ReadToEnd(child.log_fd, steady_clock::now() + limit, &in_time);
  close(child.log_fd);
  // Not waited for: one that hangs in a driver may not even die.
  if (!in_time) {
    kill(child.pid, SIGKILL);
    return absl::FailedPreconditionError(
        absl::StrCat("the trainer ", trainer.string(), " does not work: with --device ", device,
                     " --show-device it said nothing within ", limit.count(),
                     " s; look whether the GPU's driver hangs, or train with --device cpu"));
  }
  const TrainerExit exit = WaitForExit(child.pid);
  while (output.ends_with('\n')) output.pop_back();
  const std::string last = output.substr(output.rfind('\n') + 1);
  if (exit.exit_code == 0 && (last == "cpu" || last == "cuda")) return last;
  if (device == "cuda" && exit.exit_code == kRefused) return NoGpu(trainer, output);
  return absl::FailedPreconditionError(
      absl::StrCat("the trainer ", trainer.string(), " does not work: with --device ", device,
                   " --show-device it ", Describe(exit),
                   output.empty() ? "" : absl::StrCat(" and said \"", output, "\""),
                   "; repair it or name another with --trainer"));
}

absl::Status CheckDataFolder(const std::string& data_dir) {
  std::error_code ignored;
  if (data_dir.empty() || std::filesystem::is_directory(data_dir, ignored)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("there is no folder ", data_dir,
                   "; name the one with the data sets with --data or ADARES_DATA_DIR, or none"));
}

}  // namespace adares::worker
