// poll over the command pipe, a signalfd and a wake-up eventfd.
#include "worker/trainer/command_inbox.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <utility>
#include <variant>

namespace adares {

namespace {

// A descriptor from which SIGTERM, SIGINT and SIGUSR1 are read.
int MakeSignalDescriptor() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGUSR1);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signalfd(-1, &signals, SFD_CLOEXEC);
}

}  // namespace

CommandInbox::CommandInbox(int command_fd, bool interruptible) : command_fd_(command_fd) {
  if (interruptible) {
    signal_fd_ = MakeSignalDescriptor();
  } else {
    // Ctrl-C, batch systems and systemd signal all processes of a worker at once. It is for the
    // worker to stop its trainers: an end that nobody ordered would fail the trial.
    std::signal(SIGTERM, SIG_IGN);
    std::signal(SIGINT, SIG_IGN);
    std::signal(SIGUSR1, SIG_IGN);
  }
  wake_fd_ = eventfd(0, EFD_CLOEXEC);
  listener_ = std::thread([this] { Listen(); });
}

CommandInbox::~CommandInbox() {
  eventfd_write(wake_fd_, 1);
  listener_.join();
  if (signal_fd_ >= 0) close(signal_fd_);
  close(wake_fd_);
}

void CommandInbox::Put(trainer_protocol::TrainCommand command) {
  const std::lock_guard lock(mutex_);
  latest_ = std::make_shared<std::atomic<bool>>(closed_);
  latest_checkpoint_ = std::make_shared<std::atomic<bool>>(false);
  queue_.push_back({std::move(command), latest_, latest_checkpoint_});
  changed_.notify_one();
}

std::optional<Assignment> CommandInbox::Next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || !queue_.empty(); });
  if (closed_) return std::nullopt;
  Entry entry = std::move(queue_.front());
  queue_.pop_front();
  busy_ = true;
  return Assignment{std::move(entry.command), std::move(entry.stop), std::move(entry.checkpoint),
                    [this] { TrialIsOver(); }};
}

void CommandInbox::TrialIsOver() {
  const std::lock_guard lock(mutex_);
  busy_ = false;
}

void CommandInbox::Listen() {
  std::array<pollfd, 3> sources{{{wake_fd_, POLLIN, 0},
                                 {signal_fd_, POLLIN, 0},
                                 {command_fd_, POLLIN, 0}}};  // poll skips a negative descriptor
  while (true) {
    if (poll(sources.data(), sources.size(), -1) < 0) continue;  // EINTR
    if (sources[0].revents != 0) return;
    if (sources[1].revents != 0) TakeSignal();
    if (sources[2].revents != 0) TakeBytes();
  }
}

void CommandInbox::TakeSignal() {
  signalfd_siginfo info{};
  if (read(signal_fd_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return;
  if (info.ssi_signo == SIGUSR1) return AskForCheckpoint();
  StopLatest();
  const std::lock_guard lock(mutex_);
  closed_ = true;
  changed_.notify_one();
}

void CommandInbox::TakeBytes() {
  std::array<char, 4096> buffer;
  const ssize_t size = read(command_fd_, buffer.data(), buffer.size());
  if (size < 0 && (errno == EINTR || errno == EAGAIN)) return;
  if (size <= 0) ExitAtEndOfFile();
  unread_.append(buffer.data(), static_cast<size_t>(size));
  size_t begin = 0;
  for (size_t end = unread_.find('\n'); end != std::string::npos; end = unread_.find('\n', begin)) {
    TakeLine(unread_.substr(begin, end - begin));
    begin = end + 1;
  }
  unread_.erase(0, begin);
}

void CommandInbox::TakeLine(const std::string& line) {
  auto command = trainer_protocol::ParseCommand(line);
  if (!command.ok()) {
    // Worker and trainer do not speak the same protocol; nothing sensible can follow.
    std::fprintf(stderr, "adares-trainer: command not understood: %s\n",
                 std::string(command.status().message()).c_str());
    _exit(kExitBadCommand);
  }
  if (auto* train = std::get_if<trainer_protocol::TrainCommand>(&*command)) {
    Put(std::move(*train));
  } else if (std::holds_alternative<trainer_protocol::CheckpointCommand>(*command)) {
    AskForCheckpoint();
  } else {
    StopLatest();
  }
}

void CommandInbox::StopLatest() {
  const std::lock_guard lock(mutex_);
  if (latest_) latest_->store(true);
}

void CommandInbox::AskForCheckpoint() {
  const std::lock_guard lock(mutex_);
  if (latest_checkpoint_) latest_checkpoint_->store(true);
}

void CommandInbox::ExitAtEndOfFile() {
  const std::lock_guard lock(mutex_);
  const bool idle = !busy_ && queue_.empty();
  if (!idle)
    std::fprintf(stderr, "adares-trainer: the worker is gone, exiting in the middle of a trial\n");
  _exit(idle ? 0 : kExitWorkerGone);
}

}  // namespace adares
