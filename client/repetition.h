// Runs a trial again on this machine, by hand, so to speak: the trainer beside our own program,
// with no coordinator and no worker. Main thread only.
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "client/signals.h"
#include "core/trainer_protocol.h"

namespace adares::client {

struct RepetitionOptions {
  std::string trial;  // what its log calls it
  std::string spec_json;
  std::string data;    // the folder of data sets; may be empty
  std::string device;  // cpu, cuda or auto
  bool keeps_dead_taps = false;
  bool deterministic = false;
  std::string threads;  // as the attempt's provenance has them; empty for as many as there are
};

struct Repetition {
  trainer_protocol::StartEvent start;
  trainer_protocol::EndEvent end;  // kCancelled where `goes_on` said no
};

// `goes_on` is asked once the trainer says what it runs with; `line` gets each line of its log, up
// to there where the answer is no. CANCELLED where an interrupt came; INTERNAL where the trainer
// ended without a word, with its last lines.
absl::StatusOr<Repetition> Repeat(
    const RepetitionOptions& options, Signals& signals,
    const std::function<bool(const trainer_protocol::StartEvent&)>& goes_on,
    const std::function<void(const std::string&)>& line);

}  // namespace adares::client
