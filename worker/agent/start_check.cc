#include "worker/agent/start_check.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "core/status.h"
#include "worker/agent/trainer_process.h"

namespace adares::worker {
namespace {

struct Child {
  pid_t pid = -1;
  int output_fd = -1;  // read: its standard output and error
};

absl::StatusOr<Child> StartVersion(std::string program) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "cannot make a pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  std::string option = "--version";
  const std::array<char*, 3> arguments{program.data(), option.data(), nullptr};
  Child child{-1, ends[0]};
  const int cause =
      posix_spawn(&child.pid, program.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (cause == 0) return child;
  close(ends[0]);
  return absl::FailedPreconditionError(
      absl::StrCat("cannot start the trainer ", program, ": ", std::strerror(cause),
                   "; install it there or name another with --trainer"));
}

std::string ReadToEnd(int fd) {
  std::string text;
  std::array<char, 4096> buffer{};
  while (true) {
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

absl::Status CheckTrainer(const std::filesystem::path& trainer) {
  ADARES_ASSIGN_OR_RETURN(const Child child, StartVersion(trainer.string()));
  std::string output = ReadToEnd(child.output_fd);
  close(child.output_fd);
  const TrainerExit exit = WaitForExit(child.pid);
  if (exit.exit_code == 0) return absl::OkStatus();
  while (output.ends_with('\n')) output.pop_back();
  return absl::FailedPreconditionError(
      absl::StrCat("the trainer ", trainer.string(), " does not work: with --version it ",
                   Describe(exit), output.empty() ? "" : absl::StrCat(" and said \"", output, "\""),
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
