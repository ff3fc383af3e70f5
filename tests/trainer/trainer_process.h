// Runs the real adares-trainer with pipes for its commands and events.
#pragma once

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/trainer_protocol.h"

namespace adares {

class TrainerProcess {
 public:
  explicit TrainerProcess(int threads = 1,
                          const std::vector<std::string>& device = {"--device", "cpu"}) {
    std::vector<std::string> arguments{"adares-trainer", "--events-fd", "3", "--threads",
                                       std::to_string(threads)};
    arguments.insert(arguments.end(), device.begin(), device.end());
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    std::array<int, 2> commands{};
    std::array<int, 2> events{};
    if (pipe(commands.data()) != 0 || pipe(events.data()) != 0) ADD_FAILURE() << "pipe failed";
    pid_ = fork();
    if (pid_ == 0) {
      dup2(commands[0], STDIN_FILENO);
      if (events[1] != 3) dup2(events[1], 3);
      for (int fd = 4; fd < 64; ++fd) close(fd);
      execv(ADARES_TRAINER_BINARY, argv.data());
      _exit(127);
    }
    close(commands[0]);
    close(events[1]);
    commands_ = commands[1];
    events_ = events[0];
  }
  ~TrainerProcess() {
    CloseCommands();
    close(events_);
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }
  TrainerProcess(const TrainerProcess&) = delete;
  TrainerProcess& operator=(const TrainerProcess&) = delete;

  void Send(const trainer_protocol::Command& command) {
    SendLine(trainer_protocol::Encode(command));
  }
  void SendLine(const std::string& text) {
    const std::string line = text + "\n";
    EXPECT_EQ(write(commands_, line.data(), line.size()), static_cast<ssize_t>(line.size()));
  }
  void CloseCommands() {
    if (commands_ >= 0) close(std::exchange(commands_, -1));
  }
  void CloseEvents() { close(std::exchange(events_, -1)); }
  void Signal(int signal) const { kill(pid_, signal); }

  // The next event; nullopt when the trainer closed its end.
  std::optional<trainer_protocol::Event> Next() {
    while (true) {
      const size_t end = unread_.find('\n');
      if (end != std::string::npos) {
        const auto event = trainer_protocol::ParseEvent(unread_.substr(0, end));
        unread_.erase(0, end + 1);
        if (event.ok()) return *event;
        ADD_FAILURE() << event.status();
        return std::nullopt;
      }
      if (!Fill()) return std::nullopt;
    }
  }

  // Events up to and with the first of `Kind`.
  template <typename Kind>
  std::vector<trainer_protocol::Event> UpTo() {
    std::vector<trainer_protocol::Event> events;
    while (auto event = Next()) {
      events.push_back(*event);
      if (std::holds_alternative<Kind>(*event)) return events;
    }
    ADD_FAILURE() << "the trainer closed its events";
    return events;
  }

  // Waits until the process ends; its exit status, or -1 where a signal ended it.
  int ExitStatus() {
    while (events_ >= 0 && Next()) {
    }
    int status = 0;
    waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  static constexpr int kDeadlineMilliseconds = 60'000;

  bool Fill() {
    pollfd readable{events_, POLLIN, 0};
    if (poll(&readable, 1, kDeadlineMilliseconds) <= 0) {
      ADD_FAILURE() << "no event in a minute";
      return false;
    }
    std::array<char, 4096> buffer;
    const ssize_t size = read(events_, buffer.data(), buffer.size());
    if (size <= 0) return false;
    unread_.append(buffer.data(), static_cast<size_t>(size));
    return true;
  }

  pid_t pid_ = -1;
  int commands_ = -1;
  int events_ = -1;
  std::string unread_;
};

}  // namespace adares
