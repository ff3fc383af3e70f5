// Checkpoints to messages and, checked, back.
#include <utility>

#include "rpc/convert.h"
#include "rpc/convert_checks.h"

namespace adares {
namespace {

v1::Checkpoint::Reason ToProto(CheckpointReason reason) {
  switch (reason) {
    case CheckpointReason::kPeriodic:
      return v1::Checkpoint::REASON_PERIODIC;
    case CheckpointReason::kOnStop:
      return v1::Checkpoint::REASON_ON_STOP;
    case CheckpointReason::kFinal:
      return v1::Checkpoint::REASON_FINAL;
  }
  return v1::Checkpoint::REASON_UNSPECIFIED;
}

absl::StatusOr<CheckpointReason> FromProto(v1::Checkpoint::Reason reason) {
  switch (reason) {
    case v1::Checkpoint::REASON_PERIODIC:
      return CheckpointReason::kPeriodic;
    case v1::Checkpoint::REASON_ON_STOP:
      return CheckpointReason::kOnStop;
    case v1::Checkpoint::REASON_FINAL:
      return CheckpointReason::kFinal;
    default:
      return InvalidField("checkpoint.reason", absl::StrCat(static_cast<int>(reason)));
  }
}

}  // namespace

v1::Checkpoint ToProto(const Checkpoint& checkpoint) {
  v1::Checkpoint message;
  message.set_step(checkpoint.step);
  message.set_epoch(checkpoint.epoch);
  message.set_reason(ToProto(checkpoint.reason));
  for (const CheckpointFile& file : checkpoint.files) {
    v1::CheckpointFile* const entry = message.add_files();
    entry->set_name(file.name);
    entry->set_sha256(file.sha256);
    entry->set_size_bytes(file.size_bytes);
  }
  return message;
}

absl::StatusOr<Checkpoint> FromProto(const v1::Checkpoint& message) {
  Checkpoint checkpoint;
  checkpoint.step = message.step();
  checkpoint.epoch = message.epoch();
  ADARES_ASSIGN_OR_RETURN(checkpoint.reason, FromProto(message.reason()));
  for (const v1::CheckpointFile& file : message.files()) {
    checkpoint.files.push_back({file.name(), file.sha256(), file.size_bytes()});
  }
  ADARES_RETURN_IF_ERROR(CheckCheckpoint(checkpoint));
  return checkpoint;
}

}  // namespace adares
