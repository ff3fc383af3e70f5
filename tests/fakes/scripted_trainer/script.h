// What a scripted trainer does with a trial, as tests write it:
// "epochs=3,points_per_epoch=5,end=error".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace adares::fakes {

enum class Ending {
  kFinished,
  kDiverged,  // says that the loss is not finite
  kError,     // says that something failed
  kMemory,    // says that it ran out of memory
  kStopped,   // says cancelled, though nobody asked
  kCrash,     // SIGSEGV
  kKilled,    // SIGKILL, as by the kernel's out-of-memory killer
  kExit,      // exit:N: prints a line and leaves with code N and no event
  kMute,      // mute:N: prints half a line and leaves with code N before any event of the trial
  kHang,      // does not heed the stop command; leaves at end of file
  kDeaf,      // does not heed the stop command; finishes and leaves
  kHeedless,  // does not heed the stop command; finishes
  kGarbage,   // sends a line that is not an event
  kEndless,   // sends a line that does not end
  kFlood,     // flood:N: N events of one point each, then finishes
  kNoReady,   // never says that it is ready
  kLinger,    // finishes, but does not leave at end of file
};

// What it does once it has said that the trial has ended.
enum class Afterwards {
  kWait,   // for its next trial
  kLeave,  // leaves with code 5
};

struct Script {
  std::optional<int64_t> epochs;  // default: the trial's
  int64_t points_per_epoch = 2;
  int64_t delay_ms = 0;   // after each epoch
  int64_t log_lines = 1;  // printed in each epoch
  int64_t gate_after =
      1;  // the epoch after which it waits for the file that ADARES_SCRIPT_GATE names
  int64_t flag_after = 0;  // the epoch after which it raises a flag, which the next one clears
  // After which epochs it writes a checkpoint, where it has a folder for them: each so many; 0 for
  // none. It goes on from one also where it writes none.
  int64_t checkpoint_every = 0;
  // Whether each step has a point attempt/number, too: the number of the attempt.
  bool attempt_points = false;
  Ending end = Ending::kFinished;
  int64_t end_number = 0;  // the N of exit, mute and flood
  bool half_line = false;  // prints one without its end, right before the end of the trial
  Afterwards then = Afterwards::kWait;
};

// INVALID_ARGUMENT naming the part that is wrong.
absl::StatusOr<Script> ParseScript(std::string_view text);

}  // namespace adares::fakes
