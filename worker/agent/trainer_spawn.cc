#include "worker/agent/trainer_spawn.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace adares::worker {
namespace {

constexpr int kEventsFd = 3;
// The child's ends live above this until they are moved to 0..3, so that no move hits another's
// source.
constexpr int kFirstFreeFd = 10;

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }
  int Release() { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

struct Pipe {
  Descriptor read;
  Descriptor write;
};

absl::StatusOr<Pipe> MakePipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return absl::ErrnoToStatus(errno, "cannot make a pipe for a trainer");
  }
  return Pipe{Descriptor(ends[0]), Descriptor(ends[1])};
}

absl::StatusOr<Descriptor> MoveUp(Descriptor low) {
  Descriptor high(fcntl(low.get(), F_DUPFD_CLOEXEC, kFirstFreeFd));
  if (high.get() < 0) return absl::ErrnoToStatus(errno, "cannot duplicate a descriptor");
  return high;
}

// Everything that the child needs, made before the fork: between fork and exec nothing may
// allocate.
struct ChildPlan {
  std::vector<std::string> argument_texts;
  std::vector<std::string> environment_texts;
  std::vector<char*> arguments;
  std::vector<char*> environment;
  int commands = -1;
  int events = -1;
  int log = -1;
  int failure = -1;  // gets errno where exec fails
  pid_t parent = -1;
};

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> Environment(int threads) {
  constexpr std::array<std::string_view, 2> kOurs{"OMP_NUM_THREADS=", "OMP_WAIT_POLICY="};
  std::vector<std::string> texts;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (!text.starts_with(kOurs[0]) && !text.starts_with(kOurs[1])) texts.emplace_back(text);
  }
  texts.push_back(absl::StrCat("OMP_NUM_THREADS=", threads));
  texts.emplace_back("OMP_WAIT_POLICY=passive");
  return texts;
}

std::vector<std::string> Arguments(const TrainerProgram& program) {
  std::vector<std::string> texts{"--events-fd", std::to_string(kEventsFd),
                                 "--device",    program.device,
                                 "--threads",   std::to_string(program.threads)};
  if (!program.data_dir.empty()) {
    texts.emplace_back("--data");
    texts.push_back(program.data_dir);
  }
  return texts;
}

// Runs in the child: only async-signal-safe calls.
[[noreturn]] void BecomeTrainer(const ChildPlan& plan) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != plan.parent) _exit(127);  // the agent died before the request above
  signal(SIGPIPE, SIG_DFL);
  // Ctrl-C, batch systems and systemd signal all processes of a worker at once. It is for the
  // worker to stop its trainers, also those that still load: an end that nobody ordered fails the
  // trial.
  signal(SIGTERM, SIG_IGN);
  signal(SIGINT, SIG_IGN);
  signal(SIGUSR1, SIG_IGN);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  // Libraries may have opened descriptors without O_CLOEXEC. Old kernels lack the call; then theirs
  // leak.
  close_range(kEventsFd, ~0U, CLOSE_RANGE_CLOEXEC);
  const bool moved = dup2(plan.commands, STDIN_FILENO) >= 0 && dup2(plan.log, STDOUT_FILENO) >= 0 &&
                     dup2(plan.log, STDERR_FILENO) >= 0 && dup2(plan.events, kEventsFd) >= 0;
  if (moved) execve(plan.arguments[0], plan.arguments.data(), plan.environment.data());
  const int cause = errno;
  [[maybe_unused]] const ssize_t told = write(plan.failure, &cause, sizeof(cause));
  _exit(127);
}

// Waits until the child has become the trainer, or could not: errno then, else 0.
int WaitForExec(int failure_fd) {
  int cause = 0;
  ssize_t got = 0;
  do {
    got = read(failure_fd, &cause, sizeof(cause));
  } while (got < 0 && errno == EINTR);
  return got == static_cast<ssize_t>(sizeof(cause)) ? cause : 0;
}

absl::Status CannotStart(const TrainerProgram& program, int cause) {
  return absl::FailedPreconditionError(
      absl::StrCat("cannot start the trainer ", program.path.string(), ": ", std::strerror(cause),
                   "; install it there or name another with --trainer"));
}

struct Pipes {
  Pipe commands;
  Pipe events;
  Pipe log;
  Pipe failure;
};

absl::StatusOr<Pipes> MakePipes() {
  Pipes pipes;
  for (Pipe* pipe : {&pipes.commands, &pipes.events, &pipes.log, &pipes.failure}) {
    ADARES_ASSIGN_OR_RETURN(*pipe, MakePipe());
  }
  for (Descriptor* end :
       {&pipes.commands.read, &pipes.events.write, &pipes.log.write, &pipes.failure.write}) {
    ADARES_ASSIGN_OR_RETURN(*end, MoveUp(std::move(*end)));
  }
  for (const Descriptor* end : {&pipes.commands.write, &pipes.events.read, &pipes.log.read}) {
    if (fcntl(end->get(), F_SETFL, O_NONBLOCK) != 0) {
      return absl::ErrnoToStatus(errno, "cannot set up a trainer's pipe");
    }
  }
  return pipes;
}

}  // namespace

absl::StatusOr<SpawnedTrainer> SpawnTrainer(const TrainerProgram& program) {
  return SpawnTrainer(program, Arguments(program));
}

absl::StatusOr<SpawnedTrainer> SpawnTrainer(const TrainerProgram& program,
                                            std::vector<std::string> arguments) {
  ADARES_ASSIGN_OR_RETURN(Pipes pipes, MakePipes());
  ChildPlan plan;
  plan.argument_texts = std::move(arguments);
  plan.argument_texts.insert(plan.argument_texts.begin(), program.path.string());
  plan.environment_texts = Environment(program.threads);
  plan.arguments = Pointers(plan.argument_texts);
  plan.environment = Pointers(plan.environment_texts);
  plan.commands = pipes.commands.read.get();
  plan.events = pipes.events.write.get();
  plan.log = pipes.log.write.get();
  plan.failure = pipes.failure.write.get();
  plan.parent = getpid();

  const pid_t pid = fork();
  if (pid == 0) BecomeTrainer(plan);
  if (pid < 0) return CannotStart(program, errno);
  pipes.failure.write = Descriptor();
  if (const int cause = WaitForExec(pipes.failure.read.get()); cause != 0) {
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
    return CannotStart(program, cause);
  }
  return SpawnedTrainer{pid, pipes.commands.write.Release(), pipes.events.read.Release(),
                        pipes.log.read.Release()};
}

}  // namespace adares::worker
