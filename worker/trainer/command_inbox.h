// Listens to the worker: commands from a descriptor, and the signals that end a trainer.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "core/trainer_protocol.h"

namespace adares {

// A trial to train and the flag that asks for its end.
struct Assignment {
  trainer_protocol::TrainCommand command;
  std::shared_ptr<const std::atomic<bool>> stop;
  std::shared_ptr<std::atomic<bool>> checkpoint = {};  // asks for one; the trial clears it
  // Called when the trial is over, before its end is told: whoever hears of the end may close the
  // pipe at once, and that is then a regular end. May be empty.
  std::function<void()> over = {};
};

// A thread of its own reads, so that the end of the pipe is noticed also while a step runs. It ends
// the process at once with _exit: with status 0 on end of file while idle, kExitWorkerGone on end
// of file while a trial runs, and kExitBadCommand on a line that is not a command. Where it
// is `interruptible`, SIGTERM and SIGINT ask the running trial to stop and close the inbox, and
// SIGUSR1 asks it for a checkpoint; elsewhere all three are ignored.
//
// Construct it before any other thread exists: it may block these signals, and threads inherit
// that. One thread calls Next.
class CommandInbox {
 public:
  static constexpr int kExitWorkerGone = 3;
  static constexpr int kExitBadCommand = 2;

  // `command_fd` -1: no commands; the trial comes from Put.
  CommandInbox(int command_fd, bool interruptible);
  ~CommandInbox();
  CommandInbox(const CommandInbox&) = delete;
  CommandInbox& operator=(const CommandInbox&) = delete;

  // Adds a trial as if it had been commanded.
  void Put(trainer_protocol::TrainCommand command);

  // Waits for the next trial; nullopt once a signal closed the inbox. The inbox must outlive what
  // it returns.
  std::optional<Assignment> Next();

 private:
  struct Entry {
    trainer_protocol::TrainCommand command;
    std::shared_ptr<std::atomic<bool>> stop;
    std::shared_ptr<std::atomic<bool>> checkpoint;
  };

  void Listen();
  void TakeSignal();
  void TakeBytes();
  void TakeLine(const std::string& line);
  void StopLatest();
  void AskForCheckpoint();
  void TrialIsOver();
  [[noreturn]] void ExitAtEndOfFile();

  const int command_fd_;
  int signal_fd_ = -1;  // -1: signals are ignored
  int wake_fd_ = -1;    // written by the destructor
  std::string unread_;  // bytes of an unfinished line; listening thread only

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Entry> queue_;  // guarded by mutex_
  // Flags of the last trial taken in; mutex_.
  std::shared_ptr<std::atomic<bool>> latest_;
  std::shared_ptr<std::atomic<bool>> latest_checkpoint_;
  bool busy_ = false;    // a trial runs; mutex_
  bool closed_ = false;  // mutex_
  std::thread listener_;
};

}  // namespace adares
