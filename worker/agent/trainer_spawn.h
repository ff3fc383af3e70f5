// Starts a trainer's process: the one place that forks. Its own header because everything between
// fork and exec is delicate.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace adares::worker {

// How trainers are started, the same for all of an agent.
struct TrainerProgram {
  std::filesystem::path path;
  std::string device = "cpu";  // "cpu", "cuda", "auto"
  int threads = 1;
  std::string data_dir;  // empty: the trainer's own default
};

// A started process and our ends of its pipes; whoever has it closes them and reaps the process.
struct SpawnedTrainer {
  pid_t pid = -1;
  int commands_fd = -1;  // write: its standard input
  int events_fd = -1;    // read: its descriptor 3
  int log_fd = -1;       // read: its standard output and error
};

// Starts the process in a process group of its own. It dies with the thread that calls this, so
// that must be one that lives as long as the agent, and ignores SIGTERM, SIGINT and SIGUSR1 from
// its first moment on. Nothing but descriptors 0 to 3 is passed on; our ends are non-blocking. An
// error names the program, the cause and the way out.
absl::StatusOr<SpawnedTrainer> SpawnTrainer(const TrainerProgram& program);

// The same with other arguments than those of a trainer that waits for commands.
absl::StatusOr<SpawnedTrainer> SpawnTrainer(const TrainerProgram& program,
                                            std::vector<std::string> arguments);

}  // namespace adares::worker
