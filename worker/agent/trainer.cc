#include "worker/agent/trainer.h"

#include <sys/stat.h>

#include "absl/strings/str_cat.h"
#include "core/status.h"

namespace adares::worker {
namespace {

// Empty where it cannot be examined.
std::string IdentityOf(const std::filesystem::path& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) return "";
  return absl::StrCat(status.st_dev, " ", status.st_ino, " ", status.st_size, " ",
                      status.st_mtim.tv_sec, " ", status.st_mtim.tv_nsec);
}

}  // namespace

Trainer::Trainer(std::filesystem::path program, TrainerOwner& owner)
    : program_(std::move(program)), program_file_(IdentityOf(program_)), owner_(&owner) {}

bool Trainer::is_of_current_program() const { return IdentityOf(program_) == program_file_; }

absl::StatusOr<std::unique_ptr<Trainer>> Trainer::Start(boost::asio::io_context& io,
                                                        const TrainerProgram& program,
                                                        TrainerOwner& owner) {
  std::unique_ptr<Trainer> trainer(new Trainer(program.path, owner));
  Trainer* const self = trainer.get();
  ADARES_ASSIGN_OR_RETURN(
      trainer->process_,
      TrainerProcess::Start(
          io, program,
          {.event = [self](std::string_view line) { self->owner_->TakeEventLine(*self, line); },
           .event_too_long = [self] { self->owner_->TakeEndlessLine(*self); },
           .log = [self](std::string_view bytes) { self->owner_->TakeLog(*self, bytes); },
           .exited = [self](const TrainerExit& exit) { self->owner_->TakeExit(*self, exit); }}));
  return trainer;
}

absl::Status Trainer::Train(const trainer_protocol::TrainCommand& command) {
  ++trials_;
  return process_->Send(Encode(command));
}

absl::Status Trainer::Stop() { return process_->Send(Encode(trainer_protocol::StopCommand{})); }

}  // namespace adares::worker
