// The command line of adares-trainer.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "core/trainer_protocol.h"

namespace adares {

struct TrainerOptions {
  enum class Action { kTrain, kShowHelp, kShowVersion, kShowDevice };
  Action action = Action::kTrain;
  std::string spec_path;                          // empty: commands come from standard input
  int events_fd = -1;                             // -1: standard output, allowed with a spec only
  std::string device = "auto";                    // "cpu", "cuda", "auto"
  int threads = 0;                                // 0: as many as the machine has
  std::string data_dir;                           // --data, else ADARES_DATA_DIR, else empty
  std::string cache_dir;                          // --cache, else DefaultCacheFolder()
  trainer_protocol::CheckpointOrder checkpoints;  // of the trial of --spec
  bool keep_dead_taps = false;                    // to measure what leaving them out is worth
  bool deterministic = false;                     // --deterministic, or ADARES_DETERMINISTIC=1
  bool eager_steps = false;                       // to measure what captured ones are worth
};

// INVALID_ARGUMENT naming the option. Reads the environment.
absl::StatusOr<TrainerOptions> ParseTrainerOptions(int argc, char** argv);

// What --help prints.
extern const char kTrainerHelp[];

}  // namespace adares
