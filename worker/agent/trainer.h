// A trainer's process over all its trials, and whom it belongs to.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/trainer_protocol.h"
#include "worker/agent/trainer_process.h"

namespace adares::worker {

class Trainer;

// Hears of the trainers that belong to it: what TrainerHandlers say, under the same rules.
class TrainerOwner {
 public:
  virtual void TakeEventLine(Trainer& trainer, std::string_view line) = 0;
  virtual void TakeEndlessLine(Trainer& trainer) = 0;
  virtual void TakeLog(Trainer& trainer, std::string_view bytes) = 0;
  virtual void TakeExit(Trainer& trainer, const TrainerExit& exit) = 0;  // may destroy the trainer

 protected:
  ~TrainerOwner() = default;
};

// Lives on the thread that runs `io`. Destroying it kills the process.
class Trainer {
 public:
  // `owner` must outlive it, or give it to another.
  static absl::StatusOr<std::unique_ptr<Trainer>> Start(boost::asio::io_context& io,
                                                        const TrainerProgram& program,
                                                        TrainerOwner& owner);
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  // What comes from now on is for `owner`.
  void BelongTo(TrainerOwner& owner) { owner_ = &owner; }

  pid_t pid() const { return process_->pid(); }

  // Whether a new one would be of the same program: nobody has replaced the file since.
  bool is_of_current_program() const;

  // What it said of itself when it was ready, as its owner of that time kept it here.
  const trainer_protocol::ReadyEvent& ready() const { return ready_; }
  void set_ready(trainer_protocol::ReadyEvent ready) { ready_ = std::move(ready); }

  // How many trials it was told to train.
  int64_t trials() const { return trials_; }

  // UNAVAILABLE where the trainer does not take commands.
  absl::Status Train(const trainer_protocol::TrainCommand& command);
  absl::Status Stop();

  // As those of TrainerProcess.
  void CloseInput() { process_->CloseInput(); }
  void Kill() { process_->Kill(); }
  void DrainLog() { process_->DrainLog(); }
  void DrainEvents() { process_->DrainEvents(); }

 private:
  Trainer(std::filesystem::path program, TrainerOwner& owner);

  const std::filesystem::path program_;
  const std::string program_file_;  // what identifies the file, as it was at the start
  TrainerOwner* owner_;
  trainer_protocol::ReadyEvent ready_;
  int64_t trials_ = 0;
  std::unique_ptr<TrainerProcess> process_;  // set by Start
};

}  // namespace adares::worker
