// Runs the program adares-worker.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace adares::worker {

inline bool Eventually(const std::function<bool()>& condition) {
  constexpr std::chrono::seconds kDeadline{60};
  constexpr std::chrono::milliseconds kPoll{10};
  const auto deadline = std::chrono::steady_clock::now() + kDeadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(kPoll);
  }
  return true;
}

// adares-worker as a child process whose output goes to a file.
class WorkerProgram {
 public:
  WorkerProgram(std::vector<std::string> arguments, std::filesystem::path output)
      : output_(std::move(output)) {
    arguments.insert(arguments.begin(), ADARES_WORKER);
    pid_ = fork();
    if (pid_ == 0) Exec(arguments);
  }
  ~WorkerProgram() {
    if (status_) return;
    Signal(SIGKILL);
    Wait();
  }
  WorkerProgram(const WorkerProgram&) = delete;
  WorkerProgram& operator=(const WorkerProgram&) = delete;

  void Signal(int signal) const { kill(pid_, signal); }

  // Its exit code, 128 + n for signal n.
  int Wait() {
    if (!status_) {
      int status = 0;
      EXPECT_EQ(waitpid(pid_, &status, 0), pid_);
      status_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
    return *status_;
  }

  std::string Output() const {
    std::ifstream file(output_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  bool Says(const std::string& text) const {
    return Eventually([&] { return Output().find(text) != std::string::npos; });
  }

 private:
  [[noreturn]] void Exec(std::vector<std::string>& arguments) const {
    const int fd = open(output_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    execv(pointers[0], pointers.data());
    _exit(127);
  }

  std::filesystem::path output_;
  pid_t pid_ = -1;
  std::optional<int> status_;
};

}  // namespace adares::worker
