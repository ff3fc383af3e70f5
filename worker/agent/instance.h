// Which start of the worker this is. Not thread-safe.
#pragma once

#include <filesystem>
#include <string>

namespace adares::worker {

struct Instance {
  std::string own;       // random: 32 lower-case hex digits
  std::string previous;  // of the start before in the same state folder; empty where none is known
};

// Begins a start in a state folder whose lock is held, and notes it there. Where it cannot be
// noted, as on a full disk, the next start is taken for a stranger and waits until this one counts
// as silent: a warning says so, and nothing else is lost.
Instance BeginInstance(const std::filesystem::path& state_folder);

}  // namespace adares::worker
