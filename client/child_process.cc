// fork and exec by hand, because posix_spawn knows no parent-death signal.
#include "client/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"

namespace adares::client {
namespace {

// In the child, between fork and exec: only async-signal-safe calls. Never returns.
[[noreturn]] void Become(char* const* arguments, int death_signal, int log_fd, int null_fd,
                         int error_fd, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, death_signal);
  if (getppid() != parent) _exit(127);  // the parent died before the line above
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  dup2(null_fd, STDIN_FILENO);
  dup2(log_fd, STDOUT_FILENO);
  dup2(log_fd, STDERR_FILENO);
  execv(arguments[0], arguments);
  const int error = errno;
  [[maybe_unused]] const ssize_t written = write(error_fd, &error, sizeof(error));
  _exit(127);
}

// A descriptor that closes itself and is not inherited.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { Close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  void Close() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

absl::Status CannotStart(const std::string& program, int error) {
  const std::string message = absl::StrCat("cannot start ", program, ": ", std::strerror(error));
  return error == ENOENT ? absl::NotFoundError(message) : absl::InternalError(message);
}

}  // namespace

std::string ProgramBeside(const std::string& name) {
  std::error_code error;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? name : (self.parent_path() / name).string();
}

absl::StatusOr<ChildProcess> ChildProcess::Start(const Options& options) {
  const Descriptor log(
      open(options.log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (log.get() < 0) {
    return absl::InternalError(
        absl::StrCat("cannot write ", options.log_path, ": ", std::strerror(errno)));
  }
  const off_t log_begin = lseek(log.get(), 0, SEEK_END);
  const Descriptor null(open("/dev/null", O_RDONLY | O_CLOEXEC));
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return CannotStart(options.program, errno);
  const Descriptor error_out(ends[0]);
  Descriptor error_in(ends[1]);
  std::vector<char*> arguments = {const_cast<char*>(options.program.c_str())};
  for (const auto& argument : options.arguments) {
    arguments.push_back(const_cast<char*>(argument.c_str()));
  }
  arguments.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  if (pid < 0) return CannotStart(options.program, errno);
  if (pid == 0) {
    Become(arguments.data(), options.death_signal, log.get(), null.get(), error_in.get(), parent);
  }
  error_in.Close();
  // The pipe closes by itself when exec succeeds.
  int error = 0;
  if (read(error_out.get(), &error, sizeof(error)) == static_cast<ssize_t>(sizeof(error))) {
    waitpid(pid, nullptr, 0);
    return CannotStart(options.program, error);
  }
  return ChildProcess(pid, options.log_path, log_begin);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      wait_status_(other.wait_status_),
      log_path_(std::move(other.log_path_)),
      log_begin_(other.log_begin_) {}

ChildProcess::~ChildProcess() {
  if (HasEnded()) return;
  Signal(SIGKILL);
  waitpid(pid_, nullptr, 0);
}

bool ChildProcess::HasEnded() {
  if (pid_ < 0) return true;
  if (waitpid(pid_, &wait_status_, WNOHANG) != pid_) return false;
  pid_ = -1;
  return true;
}

void ChildProcess::Signal(int number) {
  if (pid_ > 0) kill(pid_, number);
}

bool ChildProcess::Succeeded() const {
  return WIFEXITED(wait_status_) && WEXITSTATUS(wait_status_) == 0;
}

std::string ChildProcess::EndText() const {
  if (WIFEXITED(wait_status_)) return absl::StrCat("with exit code ", WEXITSTATUS(wait_status_));
  const int number = WTERMSIG(wait_status_);
  const char* name = sigdescr_np(number);
  return absl::StrCat("by signal ", number, " (", name == nullptr ? "unknown" : name, ")");
}

std::vector<std::string> ChildProcess::LastLines(size_t count) const {
  std::ifstream file(log_path_);
  file.seekg(log_begin_);
  std::deque<std::string> lines;
  for (std::string line; std::getline(file, line);) {
    lines.push_back(std::move(line));
    if (lines.size() > count) lines.pop_front();
  }
  return {lines.begin(), lines.end()};
}

}  // namespace adares::client
