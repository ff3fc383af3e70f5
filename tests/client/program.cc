// fork and exec with the three streams replaced.
#include "tests/client/program.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <utility>

namespace adares::client {
namespace {

using std::chrono::steady_clock;

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const auto& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

int InputFile(const std::string& input) {
  std::FILE* file = std::tmpfile();
  std::fwrite(input.data(), 1, input.size(), file);
  std::fflush(file);
  const int fd = fcntl(fileno(file), F_DUPFD_CLOEXEC, 3);
  std::fclose(file);
  lseek(fd, 0, SEEK_SET);
  return fd;
}

// Read end and write end.
std::pair<int, int> MakePipe() {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) std::abort();
  return {ends[0], ends[1]};
}

void CloseFd(int* fd) {
  if (*fd >= 0) close(std::exchange(*fd, -1));
}

}  // namespace

Program::Program(const std::string& path, const Options& options) {
  std::vector<std::string> arguments = {path};
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  std::map<std::string, std::string> variables = options.environment;
  variables.insert({{"PATH", "/usr/bin:/bin"}, {"LC_ALL", "C.UTF-8"}, {"TERM", "xterm"}});
  std::vector<std::string> environment;
  for (const auto& [name, value] : variables) environment.push_back(name + "=" + value);
  const auto argument_pointers = Pointers(arguments);
  const auto environment_pointers = Pointers(environment);
  const int input = InputFile(options.input);
  std::pair<int, int> out = {-1, -1};
  std::pair<int, int> err = {-1, -1};
  if (options.terminal_columns > 0) {
    winsize size = {};
    size.ws_col = static_cast<unsigned short>(options.terminal_columns);
    size.ws_row = 24;
    if (openpty(&out.first, &out.second, nullptr, nullptr, &size) != 0) std::abort();
    fcntl(out.first, F_SETFD, FD_CLOEXEC);
    err.second = fcntl(out.second, F_DUPFD_CLOEXEC, 3);
  } else {
    out = MakePipe();
    err = MakePipe();
  }
  pid_ = fork();
  if (pid_ == 0) {
    dup2(input, STDIN_FILENO);
    dup2(out.second, STDOUT_FILENO);
    dup2(err.second, STDERR_FILENO);
    execve(path.c_str(), argument_pointers.data(), environment_pointers.data());
    _exit(126);
  }
  close(input);
  close(out.second);
  close(err.second);
  out_fd_ = out.first;
  err_fd_ = err.first;
}

Program::~Program() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  CloseFd(&out_fd_);
  CloseFd(&err_fd_);
}

bool Program::ReadSome(int timeout_ms) {
  // Negative descriptors are passed over by poll.
  pollfd waiting[2] = {{out_fd_, POLLIN, 0}, {err_fd_, POLLIN, 0}};
  if ((out_fd_ < 0 && err_fd_ < 0) || poll(waiting, 2, timeout_ms) <= 0) return false;
  char buffer[4096];
  for (int i = 0; i < 2; ++i) {
    if (waiting[i].revents == 0) continue;
    const ssize_t count = read(waiting[i].fd, buffer, sizeof(buffer));
    if (count > 0) {
      (i == 0 ? result_.out : result_.err).append(buffer, static_cast<size_t>(count));
    } else {
      CloseFd(i == 0 ? &out_fd_ : &err_fd_);
    }
  }
  return true;
}

bool Program::ReadUntil(const std::string& text) {
  const auto has_text = [&] {
    return result_.out.find(text) != std::string::npos ||
           result_.err.find(text) != std::string::npos;
  };
  const auto deadline = steady_clock::now() + std::chrono::seconds(30);
  while (!has_text()) {
    if (steady_clock::now() > deadline || !ReadSome(30'000)) return false;
  }
  return true;
}

void Program::Signal(int number) { kill(pid_, number); }

Program::Result Program::Finish() {
  const auto deadline = steady_clock::now() + std::chrono::seconds(60);
  while (ReadSome(60'000)) {
    if (steady_clock::now() > deadline) break;
  }
  if (out_fd_ >= 0 || err_fd_ >= 0) kill(pid_, SIGKILL);
  int status = 0;
  waitpid(std::exchange(pid_, -1), &status, 0);
  result_.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return result_;
}

}  // namespace adares::client
