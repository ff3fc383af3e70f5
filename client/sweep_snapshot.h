// What a watcher knows about a sweep: the messages of WatchSweep added up, and what each of them
// changed. Not thread-safe; `now` is an argument.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "adares/v1/sweep_service.pb.h"
#include "core/timestamp.h"

namespace adares::client {

bool IsFinal(const v1::Sweep& sweep);
bool IsFinal(v1::Trial::State state);

// A trial and how fast this watcher saw it go.
struct WatchedTrial {
  v1::Trial trial;
  // Epochs of the present attempt whose values were seen. Progress runs ahead of it: an epoch's
  // values come after its validation.
  int64_t epochs_seen = 0;
  // Where its present attempt stood when it was first seen, and when it was last seen to move.
  int64_t first_step = 0;
  Timestamp first_seen;
  Timestamp last_moved;
};

// Something that happened to a trial.
struct TrialChange {
  enum class Kind {
    kStarted,       // an attempt began
    kEpoch,         // the values of another epoch came; `trial.progress` counts it
    kFlagged,       // flags of one kind were raised: `flags`
    kRequeued,      // waits for another attempt
    kPaused,        // waits for a person
    kSucceeded,     // final
    kFailed,        // final
    kCancelled,     // final
    kStoppedEarly,  // final
  };
  Kind kind;
  v1::Trial trial;
  std::vector<v1::Flag> flags = {};  // of kFlagged: at least one
};

struct SweepSnapshot {
  v1::Sweep sweep;
  std::map<std::string, WatchedTrial> trials;  // by resource name
};

// Adds a message. How a trial is when it is seen for the first time is no change: the first
// messages of a watch, several of a large sweep, tell how things are.
std::vector<TrialChange> Apply(const v1::WatchSweepResponse& response, Timestamp now,
                               SweepSnapshot* snapshot);

// Trials that will not change any more, and all trials.
int64_t DoneCount(const v1::Sweep& sweep);
int64_t TrialCount(const v1::Sweep& sweep);

}  // namespace adares::client
